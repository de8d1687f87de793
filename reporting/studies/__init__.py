"""What was scanned: patients, studies, series, objects."""
