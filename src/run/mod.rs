//! Running a plan on a warehouse: trait `Warehouse`, embedded DuckDB, seeds, tests, results.
