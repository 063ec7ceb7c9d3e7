{# A schema is called what the model says, without the target's name before it: there is one target. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
  {{ custom_schema_name if custom_schema_name else target.schema }}
{%- endmacro %}

{# The episode of a unit: ids hold no dot, so it ends at the first one. Sweeps and canaries (`canaries/cel`) belong to none. #}
{% macro episode_of(unit) -%}
  case when {{ unit }} is not null and {{ unit }} <> '' and not contains({{ unit }}, '/') then split_part({{ unit }}, '.', 1) end
{%- endmacro %}

{# a / b, NULL where b is nothing: of nothing rendered there is no share and no price. #}
{% macro per(a, b) -%}
  ({{ a }}) / nullif(({{ b }})::double, 0)
{%- endmacro %}

{# What is made for panels, and what for films; sweeps and canaries are for neither. #}
{% macro panel_stages() %}('panel', 'final'){% endmacro %}
{% macro film_stages() -%}
  ('blockout', 'background', 'figure', 'keyframe', 'inbetween', 'inbetween_final', 'voice', 'clip', 'subtitles', 'film')
{%- endmacro %}
