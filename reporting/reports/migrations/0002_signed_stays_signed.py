"""What is signed cannot change: versions and signatures are append-only; a report and its rows freeze with its status."""

from django.db import migrations

from reporting.core.append_only import append_only

FREEZE_REPORTS = migrations.RunSQL(
    sql="""
        CREATE FUNCTION dens_refuse_report_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION 'a report is never deleted' USING ERRCODE = 'restrict_violation';
            END IF;
            IF (NEW.id, NEW.study_id, NEW.template_id, NEW.created_at)
                IS DISTINCT FROM (OLD.id, OLD.study_id, OLD.template_id, OLD.created_at) THEN
                RAISE EXCEPTION 'a report stays with its study and template' USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.version < OLD.version THEN
                RAISE EXCEPTION 'a report version never goes back' USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.status IN ('withdrawn', 'discarded') THEN
                RAISE EXCEPTION 'a % report cannot change', OLD.status USING ERRCODE = 'restrict_violation';
            END IF;
            IF OLD.status = 'final' AND (
                NEW.status NOT IN ('final', 'withdrawn')
                OR (NEW.status = 'final' AND NEW.closing_reason <> OLD.closing_reason)
                OR (NEW.job_id, NEW.author_id, NEW.level_map_version)
                    IS DISTINCT FROM (OLD.job_id, OLD.author_id, OLD.level_map_version)
            ) THEN
                RAISE EXCEPTION 'a final report may only be withdrawn' USING ERRCODE = 'restrict_violation';
            END IF;
            IF NEW.status = 'final' AND OLD.status NOT IN ('draft', 'preliminary', 'final')
                OR NEW.status = 'withdrawn' AND OLD.status <> 'final'
                OR NEW.status = 'discarded' AND OLD.status <> 'draft'
                OR NEW.status = 'preliminary' AND OLD.status NOT IN ('draft', 'preliminary') THEN
                RAISE EXCEPTION 'a % report cannot become %', OLD.status, NEW.status
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;

        CREATE FUNCTION dens_refuse_unless_draft() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            current_status text;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                RAISE EXCEPTION '% rows are never deleted', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'UPDATE' AND NEW.report_id <> OLD.report_id THEN
                RAISE EXCEPTION '% rows stay with their report', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
            END IF;
            -- The share lock makes a change wait for a signature under way, and then see it.
            SELECT status INTO current_status FROM reports_report WHERE id = NEW.report_id FOR SHARE;
            IF current_status IS DISTINCT FROM 'draft' THEN
                RAISE EXCEPTION '% of a % report cannot change', TG_TABLE_NAME, current_status
                    USING ERRCODE = 'restrict_violation';
            END IF;
            RETURN NEW;
        END $$;

        CREATE TRIGGER reports_report_keeps_its_past BEFORE UPDATE OR DELETE ON reports_report
            FOR EACH ROW EXECUTE FUNCTION dens_refuse_report_change();
        CREATE TRIGGER reports_report_refuses_truncate BEFORE TRUNCATE ON reports_report
            FOR EACH STATEMENT EXECUTE FUNCTION dens_refuse_change();
        CREATE TRIGGER reports_finding_only_in_drafts BEFORE INSERT OR UPDATE OR DELETE ON reports_finding
            FOR EACH ROW EXECUTE FUNCTION dens_refuse_unless_draft();
        CREATE TRIGGER reports_finding_refuses_truncate BEFORE TRUNCATE ON reports_finding
            FOR EACH STATEMENT EXECUTE FUNCTION dens_refuse_change();
    """,
    reverse_sql="""
        DROP TRIGGER reports_finding_refuses_truncate ON reports_finding;
        DROP TRIGGER reports_finding_only_in_drafts ON reports_finding;
        DROP TRIGGER reports_report_refuses_truncate ON reports_report;
        DROP TRIGGER reports_report_keeps_its_past ON reports_report;
        DROP FUNCTION dens_refuse_unless_draft();
        DROP FUNCTION dens_refuse_report_change();
    """,
)


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial"), ("core", "0001_append_only_function")]
    operations = [
        append_only("reports_reportversion"),
        append_only("reports_signature"),
        append_only("reports_levelmap"),
        append_only("reports_checkanswer"),
        FREEZE_REPORTS,
    ]
