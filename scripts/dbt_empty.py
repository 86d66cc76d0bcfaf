#!/usr/bin/env python3
"""Run dbt-core as it is, but for a warehouse that is empty and a clock that stands still.

usage: VENV/bin/python scripts/dbt_empty.py <dbt's arguments>

`record_conformity.py` says how to set VENV up and what is answered. What a query asks for comes back as a table
without rows, whose one column has no name of the query's. Nothing of dbt on disk is changed. For measuring beside
buhin: `conformity.py --dbt 'VENV/bin/python scripts/dbt_empty.py'`.
"""
import os
import sys

import record_conformity as recording


def main():
    os.environ.update(DBT_SEND_ANONYMOUS_USAGE_STATS="false", DO_NOT_TRACK="1")
    recording.patch_dbt(lambda task, results: None)
    from dbt.cli.main import dbtRunner

    result = dbtRunner().invoke(sys.argv[1:])
    if result.exception:
        print(result.exception, file=sys.stderr)
    sys.stdout.flush()
    # As little as can be after the work: dbt's own command ends here, too.
    os._exit(0 if result.success else 1)


if __name__ == "__main__":
    main()
