"""Whatever signs, withdraws, corrects a scanner's header or adds a reference asks for facts, in its own transaction."""

from __future__ import annotations

from django.db import migrations

TRIGGERS = """
    CREATE FUNCTION dens_facts_of_report() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO department_audit_pendingreport (report_id, since) VALUES (NEW.id, clock_timestamp());
        RETURN NULL;
    END $$;

    CREATE FUNCTION dens_facts_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO department_audit_pendingreport (report_id, since) VALUES (NEW.report_id, clock_timestamp());
        RETURN NULL;
    END $$;

    CREATE FUNCTION dens_facts_of_study() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO department_audit_pendingreport (report_id, since)
            SELECT r.id, clock_timestamp() FROM reports_report r WHERE r.study_id = NEW.study_id
                AND EXISTS (SELECT FROM reports_reportversion v WHERE v.report_id = r.id);
        RETURN NULL;
    END $$;

    CREATE TRIGGER facts_follow AFTER INSERT ON reports_reportversion
        FOR EACH ROW EXECUTE FUNCTION dens_facts_of_version();
    CREATE TRIGGER facts_follow AFTER UPDATE OF status ON reports_report
        FOR EACH ROW WHEN (NEW.status = 'withdrawn' AND OLD.status <> NEW.status)
        EXECUTE FUNCTION dens_facts_of_report();
    CREATE TRIGGER facts_follow AFTER INSERT OR UPDATE OF protocol, role ON studies_series
        FOR EACH ROW EXECUTE FUNCTION dens_facts_of_study();
    CREATE TRIGGER facts_follow AFTER INSERT ON department_audit_referenceread
        FOR EACH ROW EXECUTE FUNCTION dens_facts_of_study();
"""
TABLES = ("reports_reportversion", "reports_report", "studies_series", "department_audit_referenceread")
UNDO = (
    "".join(f"DROP TRIGGER facts_follow ON {table};" for table in TABLES)
    + "DROP FUNCTION dens_facts_of_report(), dens_facts_of_version(), dens_facts_of_study();"
)


class Migration(migrations.Migration):
    dependencies = [
        ("department_audit", "0001_facts_of_signed_reports"),
        ("reports", "0007_comments_resolved"),
        ("studies", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(sql=TRIGGERS, reverse_sql=UNDO),
        migrations.RunSQL(
            sql="INSERT INTO department_audit_pendingreport (report_id, since)"
            " SELECT DISTINCT report_id, now() FROM reports_reportversion;",
            reverse_sql=migrations.RunSQL.noop,
        ),
    ]
