/* The tokens of RFC 8259. Each function takes the first byte of a token and returns the byte behind
 * it, or null where it is none. */
#ifndef LAKESCRUB_TOKENS_H
#define LAKESCRUB_TOKENS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef const unsigned char *bytes;

/* Return what stands behind a run of bytes that a text may hold as they are: at a quote, a backslash, a
 * control character or a byte that is not ASCII. Looks at 16 bytes at once, while there are so many. */
#if defined(__SSE2__)
#include <emmintrin.h>
static inline bytes behind_plain(bytes at, bytes end)
{
    const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
    for (; end - at >= 16; at += 16) {
        __m128i seen = _mm_loadu_si128((const __m128i *)at);
        /* As signed numbers, the bytes that are not ASCII are below the space, too. */
        __m128i odd = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(seen, quote), _mm_cmpeq_epi8(seen, escape)),
                                   _mm_cmplt_epi8(seen, space));
        unsigned found = (unsigned)_mm_movemask_epi8(odd);
        if (found)
            return at + __builtin_ctz(found);
    }
    return at;
}
#elif defined(__aarch64__)
#include <arm_neon.h>
static inline bytes behind_plain(bytes at, bytes end)
{
    const uint8x16_t quote = vdupq_n_u8('"'), escape = vdupq_n_u8('\\');
    const int8x16_t space = vdupq_n_s8(' ');
    for (; end - at >= 16; at += 16) {
        uint8x16_t seen = vld1q_u8(at);
        uint8x16_t odd = vorrq_u8(vorrq_u8(vceqq_u8(seen, quote), vceqq_u8(seen, escape)),
                                  vcltq_s8(vreinterpretq_s8_u8(seen), space));
        /* Four bits for each byte. */
        uint64_t found = vget_lane_u64(vreinterpret_u64_u8(vshrn_n_u16(vreinterpretq_u16_u8(odd), 4)), 0);
        if (found)
            return at + (__builtin_ctzll(found) >> 2);
    }
    return at;
}
#else
static inline bytes behind_plain(bytes at, bytes end)
{
    (void)end;
    return at;
}
#endif

static inline bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

static inline bool is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline int hex(unsigned char byte)
{
    if (is_digit(byte))
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* Behind a character that is not ASCII: UTF-8 by RFC 3629, the shortest form and no surrogates. */
static inline bytes behind_wide(bytes at)
{
    unsigned char lead = at[0], least = 0x80, most = 0xBF;
    int more;
    if (lead >= 0xC2 && lead <= 0xDF) {
        more = 1;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        more = 2;
        if (lead == 0xE0)
            least = 0xA0;
        if (lead == 0xED)
            most = 0x9F;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        more = 3;
        if (lead == 0xF0)
            least = 0x90;
        if (lead == 0xF4)
            most = 0x8F;
    } else {
        return NULL;
    }
    if (at[1] < least || at[1] > most)
        return NULL;
    for (int index = 2; index <= more; index++)
        if ((at[index] & 0xC0) != 0x80)
            return NULL;
    return at + more + 1;
}

static inline bytes behind_escape(bytes at)
{
    switch (at[1]) {
    case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
        return at + 2;
    case 'u':
        for (int index = 2; index < 6; index++)
            if (hex(at[index]) < 0)
                return NULL;
        return at + 6;
    default:
        return NULL;
    }
}

/* Behind the closing quote of a text. `escaped` is set where a backslash stands in it. */
static inline bytes behind_text(bytes at, bytes end, bool *escaped)
{
    at++;
    for (;;) {
        at = behind_plain(at, end);
        while (is_plain(*at))
            at++;
        if (*at == '"')
            return at + 1;
        if (*at == '\\') {
            *escaped = true;
            at = behind_escape(at);
        } else if (*at >= 0x80) {
            do
                at = behind_wide(at);
            while (at && *at >= 0x80);
        } else {
            return NULL;
        }
        if (!at)
            return NULL;
    }
}

static inline bytes behind_digits(bytes at)
{
    if (!is_digit(*at))
        return NULL;
    while (is_digit(*at))
        at++;
    return at;
}

static inline bytes behind_number(bytes at)
{
    at += *at == '-';
    if (*at == '0')
        at++;
    else if (!(at = behind_digits(at)))
        return NULL;
    if (*at == '.' && !(at = behind_digits(at + 1)))
        return NULL;
    if ((*at | 0x20) == 'e') {
        at++;
        at += *at == '+' || *at == '-';
        return behind_digits(at);
    }
    return at;
}

static inline bytes behind_word(bytes at, bytes end, const char *word, size_t size)
{
    return (size_t)(end - at) >= size && memcmp(at, word, size) == 0 ? at + size : NULL;
}

/* Behind a text, a number, true, false or null. */
static inline bytes behind_scalar(bytes at, bytes end, bool *escaped)
{
    switch (*at) {
    case '"':
        return behind_text(at, end, escaped);
    case 't':
        return behind_word(at, end, "true", 4);
    case 'f':
        return behind_word(at, end, "false", 5);
    case 'n':
        return behind_word(at, end, "null", 4);
    default:
        return behind_number(at);
    }
}

#endif
