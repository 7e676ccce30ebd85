"""Dump of the store as Parquet files.

`dump` and `storage` need pyarrow, the extra `export`. Other packages import them only to write a
dump.
"""
