"""The charts of the department audit, one module each: what is asked for in, a table and a figure out."""
