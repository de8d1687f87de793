"""A long worklist, made by the database itself in seconds: for the benchmark and for the tests of what a page reads."""

from __future__ import annotations

# %(n)s studies of twenty referring units, one in ten of another section, one in two hundred assigned to %(reader)s.
# Units and sections go together, so that there are units without a study of the other section. Without the triggers,
# which would make each row alone; the entries are then made as the migration makes them (a planner that believes the
# tables empty would compare each study with each patient, for minutes). Needs a superuser and a transaction.
SEED = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO studies_patient (id, created_at, updated_at, patient_id, issuer, name, sex)
        SELECT gen_random_uuid(), now(), now(), 'P' || n, '',
            'Family' || n %% 997 || '^Given=' || chr(19968 + n::int %% 20000), 'F'
        FROM generate_series(1, %(n)s) n;
    INSERT INTO studies_study (id, created_at, updated_at, patient_id, study_instance_uid, accession_number,
            description, indication, referring_unit, section, assigned_to_id, assignment_version)
        SELECT gen_random_uuid(), now() - n * interval '1 minute', now(), p.id, '1.2.' || n, 'A' || n, 'MR neck', '',
            'unit ' || n %% 20, CASE WHEN n %% 10 = 0 THEN 'msk' ELSE 'neuroradiology' END,
            CASE WHEN n %% 200 = 0 THEN %(reader)s::uuid END, 1
        FROM (SELECT id, row_number() OVER () AS n FROM studies_patient) p;
    ANALYZE studies_patient; ANALYZE studies_study;
    INSERT INTO worklist_worklistentry (study_id, received_at, section, referring_unit, assigned_to_id, report_status,
            machine_state, suspicion, is_open, search_text, changed_at)
        SELECT s.id, s.created_at, s.section, s.referring_unit, s.assigned_to_id,
            CASE WHEN random() < 0.01 THEN 'draft' ELSE 'final' END,
            CASE WHEN random() < 0.01 THEN 'failed' ELSE 'analysed' END,
            floor(random() * 4), false,
            dens_worklist_words(concat_ws(' ', p.name, p.patient_id, s.accession_number)), now()
        FROM studies_study s JOIN studies_patient p ON p.id = s.patient_id;
    UPDATE worklist_worklistentry SET is_open = true WHERE report_status = 'draft';
    SET LOCAL session_replication_role = DEFAULT;
    SELECT gin_clean_pending_list('entry_by_words');
    ANALYZE worklist_worklistentry;
"""
