"""What the database refuses once a study is locked: migration operations."""

from __future__ import annotations

from django.db.migrations import RunSQL

# A row may not be moved from a locked study to another either: both are looked at.
CREATE_FUNCTIONS = RunSQL(
    sql="""
        CREATE FUNCTION reader_studies_refuse_change_of_locked() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            mutable text[] := TG_ARGV::text[] || ARRAY['updated_at'];
        BEGIN
            IF NOT EXISTS (
                SELECT FROM reader_studies_readerstudy WHERE locked_at IS NOT NULL AND id IN (
                    CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE OLD.reader_study_id END,
                    CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE NEW.reader_study_id END
                )
            ) OR (TG_OP = 'UPDATE' AND to_jsonb(NEW) - mutable = to_jsonb(OLD) - mutable) THEN
                IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'the reader study is locked: % of % refused', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'restrict_violation';
        END $$;

        CREATE FUNCTION reader_studies_refuse_change_of_lock() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            mutable text[] := ARRAY['status', 'version', 'closed_at', 'updated_at'];
        BEGIN
            IF OLD.locked_at IS NULL THEN
                IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
                RETURN NEW;
            END IF;
            IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - mutable = to_jsonb(OLD) - mutable THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'the reader study is locked: % refused', TG_OP USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER reader_studies_study_keeps_its_lock BEFORE UPDATE OR DELETE ON reader_studies_readerstudy
            FOR EACH ROW EXECUTE FUNCTION reader_studies_refuse_change_of_lock();

        CREATE FUNCTION reader_studies_check_assignment() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM reader_studies_reader r
                JOIN reader_studies_readerstudy s ON s.id = r.reader_study_id AND s.locked_at IS NULL
                JOIN reader_studies_case c ON c.id = NEW.case_id AND c.reader_study_id = s.id
                JOIN reader_studies_arm a ON a.id = NEW.arm_id AND a.reader_study_id = s.id
                JOIN reader_studies_session t ON t.id = NEW.session_id AND t.reader_study_id = s.id
                WHERE r.id = NEW.reader_id
            ) THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'an assignment is of one study, and made before the lock'
                USING ERRCODE = 'restrict_violation';
        END $$;
        CREATE TRIGGER reader_studies_assignment_is_of_one_study BEFORE INSERT ON reader_studies_assignment
            FOR EACH ROW EXECUTE FUNCTION reader_studies_check_assignment();
    """,
    reverse_sql="""
        DROP TRIGGER reader_studies_assignment_is_of_one_study ON reader_studies_assignment;
        DROP TRIGGER reader_studies_study_keeps_its_lock ON reader_studies_readerstudy;
        DROP FUNCTION reader_studies_check_assignment();
        DROP FUNCTION reader_studies_refuse_change_of_lock();
        DROP FUNCTION reader_studies_refuse_change_of_locked();
    """,
)


def frozen_with_its_study(table: str, *mutable: str, when: str = "INSERT OR UPDATE OR DELETE") -> RunSQL:
    """Refuse changes of ``table`` once its reader study is locked, but of the columns named."""
    arguments = ", ".join(f"'{name}'" for name in mutable)
    return RunSQL(
        sql=f"""
            CREATE TRIGGER {table}_is_frozen BEFORE {when} ON {table}
                FOR EACH ROW EXECUTE FUNCTION reader_studies_refuse_change_of_locked({arguments});
        """,
        reverse_sql=f"DROP TRIGGER {table}_is_frozen ON {table};",
    )
