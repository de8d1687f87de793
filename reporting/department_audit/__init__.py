"""Model against final reads: facts from signed versions, figures, dashboards (docs/department_audit.md)."""
