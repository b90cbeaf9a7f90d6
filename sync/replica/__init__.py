"""The pulled tables: immutable Parquet files, and a manifest that names them and the cursors they cover."""
