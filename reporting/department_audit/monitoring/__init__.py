"""Monitoring: daily figures held against a frozen baseline; what leaves it becomes an alarm with an owner."""
