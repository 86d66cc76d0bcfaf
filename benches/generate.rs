//! Makes projects of any size: staging, intermediate and mart parts, with properties and tests. The same
//! number of parts always gives the same files.

use std::fmt::Write as _;

/// The files of a project of about `parts` parts, by path.
pub(crate) fn project(parts: usize) -> Vec<(String, String)> {
    let staging = (parts * 3 / 10).max(1);
    let intermediate = (parts * 4 / 10).max(1);
    let marts = parts.saturating_sub(staging + intermediate).max(1);
    let mut files = vec![
        ("dbt_project.yml".to_owned(), PROJECT.to_owned()),
        ("macros/money.sql".to_owned(), MACROS.to_owned()),
        ("models/staging/_sources.yml".to_owned(), sources(staging)),
    ];
    for at in 0..staging {
        files.push((format!("models/staging/stg_{at:04}.sql"), stage(at)));
    }
    for at in 0..intermediate {
        files.push((format!("models/intermediate/int_{at:04}.sql"), between(at, staging)));
    }
    for at in 0..marts {
        files.push((format!("models/marts/mart_{at:04}.sql"), mart(at, intermediate)));
    }
    for (folder, prefix, count) in
        [("staging", "stg", staging), ("intermediate", "int", intermediate), ("marts", "mart", marts)]
    {
        for first in (0..count).step_by(50) {
            let last = (first + 50).min(count);
            let path = format!("models/{folder}/_{folder}_{first:04}.yml");
            files.push((path, properties(prefix, first..last)));
        }
    }
    files
}

const PROJECT: &str = "\
name: made_up
version: \"1.0.0\"
models:
  made_up:
    staging:
      +materialized: ephemeral
      +tags: [staging]
    intermediate:
      +materialized: ephemeral
    marts:
      +materialized: table
      +tags: [daily]
vars:
  first_day: '2026-01-01'
";

const MACROS: &str = "\
{% macro yen(column, digits=0) -%}
  round({{ column }} * 100, {{ digits }})
{%- endmacro %}

{% macro kinds(names) -%}
  {%- for name in names %}
    sum(case when kind = '{{ name }}' then amount end) as amount_{{ name }}{% if not loop.last %},{% endif %}
  {%- endfor %}
{%- endmacro %}
";

fn sources(count: usize) -> String {
    let mut text = String::from("version: 2\nsources:\n  - name: raw\n    tables:\n");
    for at in 0..count {
        writeln!(text, "      - name: events_{at:04}\n        description: Events as they arrive")
            .expect("fits");
    }
    text
}

fn stage(at: usize) -> String {
    format!(
        "-- Events of kind {at}, cleaned.\n\
         with source as (\n    select * from {{{{ source('raw', 'events_{at:04}') }}}}\n),\n\
         renamed as (\n    select\n        id as event_id,\n        member as member_id,\n        kind,\n\
         \x20       {{{{ yen('price') }}}} as amount,\n        cast(at as timestamp) as happened_at\n    from source\n\
         \x20   where at >= '{{{{ var('first_day') }}}}'\n)\nselect * from renamed\n"
    )
}

fn between(at: usize, staging: usize) -> String {
    let (one, two) = (at % staging, (at * 7 + 3) % staging);
    let before = if at > 0 && at.is_multiple_of(3) {
        format!(
            "\nleft join {{{{ ref('int_{:04}') }}}} as earlier on earlier.member_id = a.member_id",
            at - 1
        )
    } else {
        String::new()
    };
    let (config, incremental) = match at % 10 {
        0 => ("{{ config(materialized='view') }}\n", ""),
        5 => (
            "{{ config(materialized='incremental', unique_key='event_id') }}\n",
            "\n{% if is_incremental() %}\nwhere a.happened_at > (select max(happened_at) from {{ this }})\n{% endif %}",
        ),
        _ => ("", ""),
    };
    format!(
        "{config}select\n    a.event_id,\n    a.member_id,\n    a.kind,\n    a.amount + coalesce(b.amount, 0) as amount,\n\
         \x20   a.happened_at,\n    row_number() over (partition by a.member_id order by a.happened_at) as nth\n\
         from {{{{ ref('stg_{one:04}') }}}} as a\nleft join {{{{ ref('stg_{two:04}') }}}} as b on a.event_id = b.event_id\
         {before}{incremental}\n"
    )
}

fn mart(at: usize, intermediate: usize) -> String {
    let reads: Vec<usize> = (0..=at % 3).map(|step| (at * 5 + step * 11) % intermediate).collect();
    let mut text = String::from("with events as (\n");
    for (step, read) in reads.iter().enumerate() {
        let union = if step > 0 { "    union all\n" } else { "" };
        writeln!(
            text,
            "{union}    select member_id, kind, amount, happened_at from {{{{ ref('int_{read:04}') }}}}"
        )
        .expect("a string takes all");
    }
    text.push_str(
        ")\nselect\n    member_id, -- 会員\n    count(*) as events,\n\
         \x20   {{ kinds(['order', 'cancel', 'favourite', 'mail']) }},\n    max(happened_at) as last_at\n\
         from events\ngroup by member_id\n",
    );
    text
}

fn properties(prefix: &str, range: std::ops::Range<usize>) -> String {
    let mut text = String::from("version: 2\nmodels:\n");
    for at in range {
        let column = if prefix == "mart" { "member_id" } else { "event_id" };
        write!(
            text,
            "  - name: {prefix}_{at:04}\n    description: Made up part number {at}\n    columns:\n      \
             - name: {column}\n        description: What a row is about\n        data_tests: [not_null]\n"
        )
        .expect("a string takes all");
        if prefix == "mart" {
            text.push_str(
                "      - name: events\n        description: How many\n        data_tests: [unique]\n",
            );
        }
    }
    text
}
