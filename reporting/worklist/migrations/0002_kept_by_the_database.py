"""The database keeps the worklist's rows: triggers on studies, patients, series, reports, jobs and predictions."""

from __future__ import annotations

from django.db import migrations

IDEOGRAPH = r"[\u2e80-\u2fff\u3001-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff]"
COLUMNS = (
    "study_id, received_at, study_date, section, referring_unit, report_status, machine_state, suspicion, is_open,"
    " search_text, changed_at, assigned_to_id, report_author_id"
)

# Worked out from the other tables alone, for some studies or (NULL) all. Ideographs become words of their own, so that a
# name of two characters has trigrams (see reporting/worklist/search.py, which has the same ranges).
ROWS = f"""
    CREATE FUNCTION dens_worklist_words(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT ' ' || btrim(regexp_replace(
            regexp_replace(lower(said), '({IDEOGRAPH})', ' \\1 ', 'g'),
            '[\\s^=,\\u3000]+', ' ', 'g')) || ' '
    $$;

    CREATE FUNCTION dens_worklist_rows(wanted uuid[]) RETURNS TABLE (
        study_id uuid, received_at timestamptz, study_date date, section text, referring_unit text, report_status text,
        machine_state text, suspicion smallint, is_open boolean, search_text text, changed_at timestamptz,
        assigned_to_id uuid, report_author_id uuid
    ) LANGUAGE sql STABLE AS $$
        SELECT
            s.id,
            s.created_at,
            s.study_date,
            s.section,
            s.referring_unit,
            COALESCE(r.status, ''),
            CASE
                WHEN j.status IS NULL THEN 'none'
                WHEN j.status <> 'succeeded' THEN j.status
                WHEN j.gate = 'withheld' THEN 'withheld'
                WHEN j.gate = 'partial' THEN 'partial'
                ELSE 'analysed'
            END,
            CASE
                WHEN d.id IS NULL OR d.gate = 'withheld' THEN 2
                WHEN f.grave THEN 3
                WHEN d.herniation <> 'run' THEN 2
                WHEN f.minor THEN 1
                ELSE 0
            END::smallint,
            COALESCE(r.status, '') NOT IN ('final', 'withdrawn'),
            dens_worklist_words(concat_ws(' ', p.name, p.patient_id, s.accession_number)),
            clock_timestamp(),
            s.assigned_to_id,
            r.author_id
        FROM studies_study s
        JOIN studies_patient p ON p.id = s.patient_id
        LEFT JOIN LATERAL (
            SELECT each.status, each.author_id FROM reports_report each
            WHERE each.study_id = s.id AND each.status <> 'discarded' ORDER BY each.created_at DESC LIMIT 1
        ) r ON true
        LEFT JOIN LATERAL (
            SELECT each.status, each.result -> 'gate' ->> 'status' AS gate FROM predictions_inferencejob each
            JOIN predictions_algorithm a ON a.id = each.algorithm_id AND a.fills_reports
            WHERE each.study_id = s.id ORDER BY each.created_at DESC LIMIT 1
        ) j ON true
        LEFT JOIN LATERAL (
            SELECT each.id, each.result -> 'gate' ->> 'status' AS gate,
                COALESCE(each.result #>> '{{gate,findings,herniation,status}}', 'run') AS herniation
            FROM predictions_inferencejob each
            JOIN predictions_algorithm a ON a.id = each.algorithm_id AND a.fills_reports
            WHERE each.study_id = s.id AND each.status = 'succeeded' ORDER BY each.created_at DESC LIMIT 1
        ) d ON true
        LEFT JOIN LATERAL (
            SELECT bool_or(finding IN ('herniation', 'slip')) AS grave, true AS minor
            FROM predictions_prediction WHERE job_id = d.id AND positive HAVING count(*) > 0
        ) f ON true
        WHERE wanted IS NULL OR s.id = ANY (wanted)
    $$;

    CREATE FUNCTION dens_worklist_refresh(wanted uuid[]) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
        -- The study before its entry, always in this order: two transactions cannot wait for each other. The rows are
        -- worked out after both locks, in a snapshot that holds what the transaction waited for has committed.
        PERFORM 1 FROM studies_study WHERE id = ANY (wanted) ORDER BY id FOR KEY SHARE;
        PERFORM 1 FROM worklist_worklistentry WHERE study_id = ANY (wanted) ORDER BY study_id FOR UPDATE;
        INSERT INTO worklist_worklistentry ({COLUMNS}) SELECT {COLUMNS} FROM dens_worklist_rows(wanted)
        ON CONFLICT (study_id) DO UPDATE SET
            received_at = EXCLUDED.received_at, study_date = EXCLUDED.study_date, section = EXCLUDED.section,
            referring_unit = EXCLUDED.referring_unit, report_status = EXCLUDED.report_status,
            machine_state = EXCLUDED.machine_state, suspicion = EXCLUDED.suspicion, is_open = EXCLUDED.is_open,
            search_text = EXCLUDED.search_text, changed_at = EXCLUDED.changed_at,
            assigned_to_id = EXCLUDED.assigned_to_id, report_author_id = EXCLUDED.report_author_id;
    END $$;
"""  # noqa: S608  nothing of a user's is in it

TRIGGERS = """
    CREATE FUNCTION dens_worklist_of_study() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM dens_worklist_refresh(ARRAY[NEW.id]); RETURN NULL; END $$;

    CREATE FUNCTION dens_worklist_of_part() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM dens_worklist_refresh(ARRAY[NEW.study_id]); RETURN NULL; END $$;

    CREATE FUNCTION dens_worklist_of_patient() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM dens_worklist_refresh(ARRAY(SELECT id FROM studies_study WHERE patient_id = NEW.id));
        RETURN NULL;
    END $$;

    CREATE FUNCTION dens_worklist_of_predictions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM dens_worklist_refresh(ARRAY(
            SELECT DISTINCT study_id FROM predictions_inferencejob WHERE id IN (SELECT job_id FROM added)));
        RETURN NULL;
    END $$;

    CREATE TRIGGER worklist_follows AFTER INSERT OR UPDATE ON studies_study
        FOR EACH ROW EXECUTE FUNCTION dens_worklist_of_study();
    CREATE TRIGGER worklist_follows AFTER UPDATE ON studies_patient
        FOR EACH ROW EXECUTE FUNCTION dens_worklist_of_patient();
    CREATE TRIGGER worklist_follows AFTER INSERT OR UPDATE OF role, modality ON studies_series
        FOR EACH ROW EXECUTE FUNCTION dens_worklist_of_part();
    -- A report's version counts every key; only what the list shows is followed.
    CREATE TRIGGER worklist_follows AFTER INSERT OR UPDATE OF status, author_id ON reports_report
        FOR EACH ROW EXECUTE FUNCTION dens_worklist_of_part();
    CREATE TRIGGER worklist_follows AFTER INSERT OR UPDATE OF status, stage, attempt ON predictions_inferencejob
        FOR EACH ROW EXECUTE FUNCTION dens_worklist_of_part();
    CREATE TRIGGER worklist_follows AFTER INSERT ON predictions_prediction
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION dens_worklist_of_predictions();
"""
TABLES = (
    "studies_study",
    "studies_patient",
    "studies_series",
    "reports_report",
    "predictions_inferencejob",
    "predictions_prediction",
)
UNDO = (
    "".join(f"DROP TRIGGER worklist_follows ON {table};" for table in TABLES)
    + "DROP FUNCTION dens_worklist_of_study(), dens_worklist_of_part(), dens_worklist_of_patient(),"
    " dens_worklist_of_predictions(), dens_worklist_refresh(uuid[]), dens_worklist_rows(uuid[]),"
    " dens_worklist_words(text);"
)


class Migration(migrations.Migration):
    dependencies = [
        ("worklist", "0001_initial"),
        ("predictions", "0006_c2_3_hint"),
        ("reports", "0002_signed_stays_signed"),
    ]

    operations = [
        migrations.RunSQL(sql=ROWS + TRIGGERS, reverse_sql=UNDO),
        migrations.RunSQL(
            sql=f"INSERT INTO worklist_worklistentry ({COLUMNS}) SELECT {COLUMNS} FROM dens_worklist_rows(NULL);",  # noqa: S608
            reverse_sql="DELETE FROM worklist_worklistentry;",
        ),
    ]
