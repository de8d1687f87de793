"""Tables that the database itself refuses to change: migration operations for append-only tables."""

from __future__ import annotations

from django.db.migrations import RunSQL

CREATE_FUNCTION = RunSQL(
    sql="""
        CREATE FUNCTION dens_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
        END $$;
    """,
    reverse_sql="DROP FUNCTION dens_refuse_change();",
)

# What the application role (dens_app, on a site too) may do is granted once for all later tables;
# append_only() takes back what it must not do.
GRANT_TO_APPLICATION_ROLE = RunSQL(
    sql="""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'dens_app') AND current_user <> 'dens_app' THEN
                GRANT USAGE ON SCHEMA public TO dens_app;
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO dens_app;
                GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO dens_app;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO dens_app;
                ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO dens_app;
            END IF;
        END $$;
    """,
    reverse_sql=RunSQL.noop,
)


def append_only(table: str) -> RunSQL:
    """Refuse UPDATE, DELETE and TRUNCATE on ``table``, by trigger for everyone and by privilege for the application."""
    return RunSQL(
        sql=f"""
            CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION dens_refuse_change();
            CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION dens_refuse_change();
            DO $$ BEGIN
                IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'dens_app') AND current_user <> 'dens_app' THEN
                    REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM dens_app;
                END IF;
            END $$;
        """,
        reverse_sql=f"""
            DROP TRIGGER {table}_refuses_change ON {table};
            DROP TRIGGER {table}_refuses_truncate ON {table};
        """,
    )
