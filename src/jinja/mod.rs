//! Python's Jinja on minijinja: what the render stage speaks, knowing nothing of dbt.
//!
//! Blocks that minijinja lacks are cut out of the text beforehand; Python's lists, dicts, strings and
//! number formats behave as in Python; a macro is a callable value; every byte of the result leads back to
//! the author's file.
