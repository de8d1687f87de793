"""Tables as files: CSV, XLSX and Parquet. Pure: a table and words about it in, bytes out."""
