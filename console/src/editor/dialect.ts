// DuckDB's SQL as the editor colours and completes it: what a SELECT needs, not what a server administrator may write.
import { SQLDialect } from '@codemirror/lang-sql';

const keywords =
  'all and any as asc between by case cast cross cube current_date current_timestamp desc describe distinct else end escape except exclude exists explain filter first following from full glob group grouping having ignore ilike in inner intersect interval is join last lateral left like limit natural not null nulls offset on or order outer over partition pivot positional preceding qualify range recursive replace right rollup rows sample select semi sets similar some summarize tablesample then to unbounded union unnest unpivot using values when where window with';

const types =
  'bigint bit blob boolean bool char date decimal double float hugeint int integer interval json list map numeric real smallint struct text time timestamp timestamptz tinyint ubigint uinteger uuid varchar';

const functions =
  'abs age any_value approx_count_distinct approx_quantile arg_max arg_min avg bool_and bool_or ceil coalesce concat concat_ws contains corr count covar_pop date_diff date_part date_trunc day dayname dayofweek dense_rank epoch epoch_ms exp first_value floor format generate_series greatest histogram hour if ifnull json_extract json_extract_string lag last_value lead least left length list_contains ln log lower lpad max mean median min minute mode month monthname ntile nullif now percent_rank power quantile_cont quarter range rank regexp_extract regexp_matches regexp_replace regr_intercept regr_r2 regr_slope replace right round row_number rpad second sign split_part sqrt starts_with stddev strftime string_agg strptime strlen substring sum time_bucket trim trunc try_cast upper variance week year';

export const duckdb = SQLDialect.define({
  keywords: `${keywords} true false`,
  types,
  builtin: functions,
  caseInsensitiveIdentifiers: true,
  doubleDollarQuotedStrings: true,
  operatorChars: '+-*/<>=~!@#%^&|`?',
  specialVar: '$',
});
