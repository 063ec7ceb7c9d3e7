{# A mart's grain: no two rows have the same values in these columns. #}
{% test unique_together(model, columns) %}
  select {{ columns | join(', ') }}, count(*) as times from {{ model }} group by {{ columns | join(', ') }} having count(*) > 1
{% endtest %}

{# A column that names the row: there in each, and in no two the same. #}
{% test is_key(model, column_name) %}
  select {{ column_name }}, count(*) as times from {{ model }} group by {{ column_name }}
  having count(*) > 1 or {{ column_name }} is null
{% endtest %}
