"""Which functions of Trino are answered, and the DuckDB macros that stand for some of them.

A function that is not listed here is refused: better no answer than another one than Athena's.
A macro fails by casting its message to a number, which DuckDB evaluates for the failing rows only
and which TRY can catch (`error()` can not be caught). The message starts with Athena's name for
the error.
"""

from sqlglot import exp

# Functions whose translation by sqlglot gives what Trino gives.
SAME: frozenset[type[exp.Expr]] = frozenset(
    {
        *(exp.And, exp.Or, exp.Case, exp.If, exp.Coalesce, exp.Nullif, exp.Exists, exp.Cast),
        *(exp.TryCast, exp.Try, exp.Count, exp.CountIf, exp.Sum, exp.Min, exp.Max, exp.Avg),
        *(exp.ArrayAgg, exp.AnyValue, exp.LogicalAnd, exp.LogicalOr, exp.Stddev, exp.StddevPop),
        *(exp.StddevSamp, exp.Variance, exp.VariancePop, exp.Corr, exp.CovarPop, exp.CovarSamp),
        *(exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue),
        *(exp.Abs, exp.Ceil, exp.Floor, exp.Round, exp.Sqrt, exp.Pow, exp.Exp, exp.Ln, exp.Sign),
        *(exp.Greatest, exp.Least, exp.Lower, exp.Upper, exp.Length, exp.Trim, exp.Substring),
        *(exp.Concat, exp.Reverse, exp.Pad, exp.StrPosition, exp.Split, exp.SplitPart),
        *(exp.StartsWith, exp.Levenshtein, exp.RegexpLike, exp.RegexpExtract, exp.RegexpReplace),
        *(exp.Year, exp.Month, exp.Day, exp.Quarter, exp.Hour, exp.Minute, exp.Second),
        *(exp.DayOfWeek, exp.DayOfWeekIso, exp.DayOfMonth, exp.DayOfYear, exp.WeekOfYear),
        *(exp.Week, exp.Extract, exp.LastDay, exp.DateTrunc, exp.TimestampTrunc, exp.DateAdd),
        *(exp.DateDiff, exp.StrToTime, exp.TimeToStr, exp.FromISO8601Timestamp),
        *(exp.TimeToUnix, exp.UnixToTime, exp.CurrentTimestamp, exp.CurrentDate),
        *(exp.Localtimestamp, exp.Array, exp.ArraySize, exp.ArrayContains, exp.ArrayDistinct),
        *(exp.ArrayFilter, exp.Transform, exp.Reduce, exp.ArrayToString, exp.ArrayConcat),
        *(exp.ArrayMax, exp.ArrayMin, exp.Map, exp.MapKeys, exp.Struct),
        *(exp.Unnest, exp.GenerateSeries, exp.Explode, exp.ApproxDistinct, exp.ArgMax),
        *(exp.ArgMin, exp.JSONExtract, exp.JSONExtractScalar, exp.ParseJSON, exp.JSONFormat),
        *(exp.GroupConcat, exp.Replace, exp.Chr, exp.Date, exp.ToChar, exp.TsOrDsToDate),
        *(exp.BitwiseAnd, exp.BitwiseOr, exp.Flatten, exp.Rank, exp.DenseRank, exp.Ntile),
        *(
            exp.PercentRank,
            exp.CumeDist,
            exp.Mod,
            exp.Log,
            exp.ConcatWs,
            exp.FromISO8601Date,
            exp.ArraySort,
        ),
    }
)

# Functions that sqlglot does not know, by their DuckDB names.
BY_NAME = {
    "row": "row",
    "map": "map",
    "cardinality": "len",
    "rank": "rank",
    "dense_rank": "dense_rank",
    "percent_rank": "percent_rank",
    "cume_dist": "cume_dist",
    "ntile": "ntile",
    "histogram": "histogram",
    "map_values": "map_values",
    "map_agg": "trino_map_agg",
    "map_entries": "map_entries",
    "map_from_entries": "map_from_entries",
    "array_sort": "list_sort",
    "array_position": "trino_array_position",
    "arrays_overlap": "list_has_any",
    "array_intersect": "list_intersect",
    "from_iso8601_date": "trino_date",
    "json_array_length": "trino_json_array_length",
    "json_format": "trino_json_format",
    "json_size": "trino_json_size",
    "flatten": "flatten",
    "ltrim": "ltrim",
    "rtrim": "rtrim",
    "codepoint": "ord",
    "mod": "mod",
    "power": "pow",
    "cbrt": "cbrt",
    "log2": "log2",
    "log10": "log10",
    "radians": "radians",
    "degrees": "degrees",
    "pi": "pi",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "is_nan": "isnan",
    "is_infinite": "isinf",
    "is_finite": "isfinite",
    "infinity": "trino_infinity",
    "nan": "trino_nan",
    "bool_and": "bool_and",
    "bool_or": "bool_or",
    "every": "bool_and",
}

# Functions that Trino has and this does not: refused as such, not as unknown ones.
NOT_HERE = frozenset(
    """
    all_match any_match none_match approx_percentile array_except array_first array_last
    array_remove array_union at_timezone bar bit_count bitwise_left_shift bitwise_not
    bitwise_or_agg bitwise_and_agg bitwise_right_shift bitwise_xor checksum char2hexint color
    combinations contains_sequence convert crc32 current_timezone date day_of_week
    day_of_month day_of_year entropy evaluate_classifier_predictions format format_datetime
    format_number from_base from_base32 from_base64 from_base64url from_big_endian_32
    from_big_endian_64 from_hex from_ieee754_32 from_ieee754_64 from_unixtime_nanos from_utf8
    geometric_mean hamming_distance hash_counts hmac_md5 hmac_sha1 hmac_sha256 hmac_sha512
    human_readable_seconds index inverse_normal_cdf is_json_scalar json_array_contains
    json_array_get json_exists json_query json_value kurtosis last_day_of_month listagg
    luhn_check make_set_digest map_concat map_filter map_union map_zip_with md5 merge
    multimap_agg multimap_from_entries murmur3 ngrams normal_cdf normalize numeric_histogram
    parse_data_size parse_datetime parse_duration qdigest_agg rand random reduce_agg
    regexp_count regexp_extract_all regexp_position regexp_split regr_intercept regr_slope
    render repeat reverse sha1 sha256 sha512 shuffle skewness slice soundex
    split_to_map split_to_multimap spooky_hash_v2_32 spooky_hash_v2_64 st_point tdigest_agg
    timezone_hour timezone_minute timestamp_objectid to_base to_base32 to_base64 to_base64url
    to_big_endian_32 to_big_endian_64 to_hex to_ieee754_32 to_ieee754_64 to_iso8601
    to_milliseconds to_utf8 transform_keys transform_values translate truncate typeof
    url_decode url_encode url_extract_fragment url_extract_host url_extract_parameter
    url_extract_path url_extract_port url_extract_protocol url_extract_query uuid
    value_at_quantile values_at_quantiles width_bucket with_timezone word_stem wilson_interval_lower
    wilson_interval_upper xxhash64 year_of_week yow zip zip_with
    """.split()  # noqa: SIM905
)

MACROS = (
    """trino_fail(message) AS CAST('ATHENA>' || message AS BIGINT)""",
    """trino_divide(a BIGINT, b BIGINT) AS a // b,
       (a DOUBLE, b DOUBLE) AS CASE WHEN b = 0 THEN
            CASE WHEN a = 0 OR isnan(a) THEN 'nan'::DOUBLE
                 WHEN (a > 0) <> signbit(b) THEN 'inf'::DOUBLE ELSE '-inf'::DOUBLE END
            ELSE a / b END,
       (a DECIMAL(38,10), b DECIMAL(38,10)) AS
            trino_fail('NOT_SUPPORTED: division of decimals whose precision is not known')""",
    """trino_subscript(a, i) AS a[CASE
            WHEN i > len(a) THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Array subscript must be '
                                            || 'less than or equal to array length')
            WHEN i = 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
            WHEN i < 0 THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Array subscript is negative')
            ELSE i END]""",
    """trino_map_value(m, k) AS map_extract(m, k)[CASE
            WHEN m IS NOT NULL AND len(map_extract(m, k)) = 0
            THEN trino_fail('INVALID_FUNCTION_ARGUMENT: Key not present in map')
            ELSE 1 END]""",
    """trino_element_at(a, i) AS a[CASE WHEN i = 0
            THEN trino_fail('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
            ELSE i END]""",
    """trino_whole(a VARCHAR) AS CASE WHEN regexp_full_match(a, '[+-]?[0-9]+') THEN a
            ELSE trino_fail('INVALID_CAST_ARGUMENT: Cannot cast the value to a whole number')
                 ::VARCHAR END""",
    """trino_floating(a VARCHAR) AS CASE WHEN contains(a, '_')
            THEN trino_fail('INVALID_CAST_ARGUMENT: Cannot cast the value to DOUBLE')::VARCHAR
            ELSE a END""",
    """trino_date(a VARCHAR) AS CASE
            WHEN regexp_full_match(a, '[+-]?[0-9]{4,}-[0-9]{1,2}-[0-9]{1,2}') THEN CAST(a AS DATE)
            ELSE CAST(trino_fail('INVALID_CAST_ARGUMENT: Value cannot be cast to date')::VARCHAR
                      AS DATE) END""",
    """trino_text(a VARCHAR) AS a, (a BIGINT) AS CAST(a AS VARCHAR),
       (a BOOLEAN) AS CAST(a AS VARCHAR), (a DATE) AS CAST(a AS VARCHAR),
       (a TIMESTAMP) AS strftime(a, '%Y-%m-%d %H:%M:%S.%g'),
       (a TIMESTAMPTZ) AS strftime(a AT TIME ZONE 'UTC', '%Y-%m-%d %H:%M:%S.%g UTC'),
       (a DOUBLE) AS trino_fail('NOT_SUPPORTED: casting a floating point number to varchar is '
                                || 'not available on the embedded stack')::VARCHAR""",
    """trino_iso8601(a) AS CAST(CASE WHEN regexp_matches(a, '[T ].*[+-][0-9]{2}(:?[0-9]{2})?$')
                AND NOT regexp_matches(a, '[+-]00(:?00)?$')
            THEN trino_fail('NOT_SUPPORTED: a time zone other than UTC is not available on '
                            || 'the embedded stack')::VARCHAR
            ELSE a END AS TIMESTAMPTZ)""",
    """trino_map_agg(k, v) AS map(list(k), list(v))""",
    """trino_array_position(a, x) AS CASE WHEN a IS NULL OR x IS NULL THEN NULL
            ELSE coalesce(list_position(a, x), 0)::BIGINT END""",
    """trino_json_array_length(j) AS CASE WHEN json_valid(j) AND json_type(j) = 'ARRAY'
            THEN json_array_length(j)::BIGINT END""",
    """trino_json_scalar(j, p) AS CASE
            WHEN NOT json_valid(j::VARCHAR) OR json_type(j, p) IN ('OBJECT', 'ARRAY') THEN NULL
            ELSE j ->> p END""",
    """trino_json_extract(j, p) AS CASE WHEN json_valid(j::VARCHAR) THEN j -> p END""",
    """trino_json_format(j) AS j::VARCHAR""",
    """trino_json_size(j, p) AS CASE json_type(j, p)
            WHEN 'ARRAY' THEN json_array_length(j, p)::BIGINT
            WHEN 'OBJECT' THEN len(json_keys(j, p)) ELSE 0 END""",
    """trino_regexp_extract(a, p, g) AS CASE WHEN regexp_matches(a, p)
            THEN regexp_extract(a, p, g) END""",
    """trino_substring(a, s, n) AS CASE WHEN s = 0 OR abs(s) > length(a) THEN
            CASE WHEN a IS NOT NULL THEN '' END ELSE substring(a, s, n) END""",
    """trino_split_part(a, d, n) AS CASE WHEN n > len(str_split(a, d)) THEN NULL
            ELSE split_part(a, d, n) END""",
    # DuckDB has a capital for the German sharp s, which Trino leaves as it is.
    """trino_upper(a) AS CASE WHEN contains(a, 'ß')
            THEN array_to_string(list_transform(str_split(a, 'ß'), LAMBDA x : upper(x)), 'ß')
            ELSE upper(a) END""",
    """trino_infinity() AS 'inf'::DOUBLE""",
    """trino_nan() AS 'nan'::DOUBLE""",
    """trino_decimal_divide(a, b) AS CASE WHEN b = 0 THEN a // b ELSE
            sign(a)::HUGEINT * sign(b)::HUGEINT *
            ((2 * abs(a) + abs(b)) // (2 * abs(b))) END""",
)
