{# The ledger's files with size and time, without reading them: read_text opens only what its columns ask for. #}
{% macro ledger_listing() -%}
  select parse_filename(filename) as file, filename as path, size as file_bytes, epoch_us(last_modified) as file_modified
  from read_text('{{ env_var("GENGA_LEDGER", "ledger") | replace("'", "''") }}/*.jsonl')
  where size > 0
{%- endmacro %}

{# SQL list of the files that are new or changed since they were read; files are only ever appended to. Empty for none. #}
{% macro files_to_read(relation, again) -%}
  {%- if execute -%}
    {%- set wanted -%}
      select path from ({{ ledger_listing() }})
      {% if again %} anti join (select distinct file, file_bytes, file_modified from {{ relation }}) using (file, file_bytes, file_modified) {% endif %}
      order by path
    {%- endset -%}
    {%- set quoted = [] -%}
    {%- for row in run_query(wanted) -%}
      {%- do quoted.append("'" ~ (row[0] | replace("'", "''")) ~ "'") -%}
    {%- endfor -%}
    {{- quoted | join(', ') -}}
  {%- endif -%}
{%- endmacro %}
