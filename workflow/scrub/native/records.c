/* Records of CSV and TSV by RFC 4180: split into fields, in one pass. */
#include "rows.h"
#include "tokens.h"

/* Return the delimiter, line feed or return that ends a field without quotes, or the end. */
static inline bytes behind_field(bytes at, bytes end, unsigned char delimiter)
{
#if defined(__SSE2__)
    const __m128i cut = _mm_set1_epi8((char)delimiter), feed = _mm_set1_epi8('\n'), back = _mm_set1_epi8('\r');
    for (; end - at >= 16; at += 16) {
        __m128i seen = _mm_loadu_si128((const __m128i *)at);
        __m128i ends = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(seen, cut), _mm_cmpeq_epi8(seen, feed)),
                                    _mm_cmpeq_epi8(seen, back));
        unsigned found = (unsigned)_mm_movemask_epi8(ends);
        if (found)
            return at + __builtin_ctz(found);
    }
#elif defined(__aarch64__)
    const uint8x16_t cut = vdupq_n_u8(delimiter), feed = vdupq_n_u8('\n'), back = vdupq_n_u8('\r');
    for (; end - at >= 16; at += 16) {
        uint8x16_t seen = vld1q_u8(at);
        uint8x16_t ends = vorrq_u8(vorrq_u8(vceqq_u8(seen, cut), vceqq_u8(seen, feed)), vceqq_u8(seen, back));
        uint64_t found = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(ends), 4)), 0);
        if (found)
            return at + (__builtin_ctzll(found) >> 2);
    }
#endif
    while (at < end && *at != delimiter && *at != '\n' && *at != '\r')
        at++;
    return at;
}

/* Return what stands behind a field with quotes, or null where its last quote is missing. */
static inline bytes behind_quoted(bytes at, bytes end)
{
    for (at++; (at = memchr(at, '"', (size_t)(end - at))); at += 2)
        if (at[1] != '"')
            return at + 1;
    return NULL;
}

/* Return what stands behind the line end that is there, or null where there is none. A return is a part
 * of it, or ends the text. */
static inline bytes behind_line_end(bytes at, bytes end)
{
    at += at < end && *at == '\r';
    if (at == end)
        return at;
    return *at == '\n' ? at + 1 : NULL;
}

static int add_edit(struct found *found, uint64_t start, uint64_t end, uint32_t rule)
{
    if (found->count == found->room)
        return NO_ROOM;
    found->edits[found->count++] = (struct edit){(uint32_t)start, (uint32_t)end, rule, (uint32_t)found->rows};
    return DONE;
}

static int add_field(struct found *found, const struct column *column, bytes data, bytes start, bytes end)
{
    struct tally *tally = &found->tallies[column->rule];
    size_t size = (size_t)(end - start);
    tally->matched++;
    tally->texts += size != 2 || *start != '"';
    tally->size += size + 1;
    uint64_t from = (uint64_t)(start - data), to = (uint64_t)(end - data);
    if (!column->removes)
        return add_edit(found, from, to, column->rule);
    /* A column goes with the delimiter before it, or behind it where no column that stays is before. */
    return column->is_leading ? add_edit(found, from, to + 1, NONE) : add_edit(found, from - 1, to, NONE);
}

/* Read the record that starts there; return what stands behind it in `position`. */
static int scan_record(const struct table *table, bytes data, bytes end, struct found *found, bytes *position)
{
    bytes at = *position, line = at;
    unsigned char delimiter = (unsigned char)table->delimiter;
    bool goes = found->goes && found->rows < found->goes_size && found->goes[found->rows];
    for (uint32_t index = 0;; index++) {
        bytes start = at;
        if (index == table->width)
            return NOT_SURE;
        at = at < end && *at == '"' ? behind_quoted(at, end) : behind_field(at, end, delimiter);
        if (!at)
            return NOT_SURE;
        const struct column *column = &table->columns[index];
        if (column->rule != NONE && !goes) {
            int outcome = add_field(found, column, data, start, at);
            if (outcome != DONE)
                return outcome;
        }
        if (at < end && *at == delimiter) {
            at++;
            continue;
        }
        *position = behind_line_end(at, end);
        if (!*position || index + 1 < table->width)
            return NOT_SURE;
        break;
    }
    if (goes && add_edit(found, (uint64_t)(line - data), (uint64_t)(*position - data), NONE) != DONE)
        return NO_ROOM;
    found->rows++;
    return DONE;
}

int lakescrub_scan_records(const char *text, uint64_t size, const struct table *table, struct found *found)
{
    bytes data = (bytes)text, end = data + size, at = data;
    int outcome = size < NONE ? DONE : NOT_SURE;
    while (outcome == DONE && at < end) {
        bytes blank = behind_line_end(at, end);
        if (blank)
            at = blank;
        else
            outcome = scan_record(table, data, end, found, &at);
    }
    return outcome;
}

uint64_t lakescrub_last_record_end(const char *text, uint64_t size, uint32_t delimiter)
{
    bytes data = (bytes)text, end = data + size, at = data, last = data;
    while (at < end) {
        if (*at == '"' && !(at = behind_quoted(at, end)))
            break;
        at = behind_field(at, end, (unsigned char)delimiter);
        while (at < end && *at == '\r')
            at = behind_field(at + 1, end, (unsigned char)delimiter);
        if (at < end && *at++ == '\n')
            last = at;
    }
    return (uint64_t)(last - data);
}
