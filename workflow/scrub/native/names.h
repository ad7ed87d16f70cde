/* Is the name of a member one that the tree of selectors goes on with? */
#ifndef LAKESCRUB_NAMES_H
#define LAKESCRUB_NAMES_H

#include "rows.h"
#include "tokens.h"

static inline unsigned char small(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte | 0x20) : byte;
}

static inline uint32_t read_unit(bytes at)
{
    return (uint32_t)(hex(at[0]) << 12 | hex(at[1]) << 8 | hex(at[2]) << 4 | hex(at[3]));
}

/* Read one escape of a valid text; return the byte behind it. Two surrogates that belong together are
 * one character, as they are to every reader; a lone one stays what it is. */
static inline bytes read_escape(bytes at, uint32_t *character)
{
    static const char letters[] = "b\bf\fn\nr\rt\t";
    if (at[1] != 'u') {
        const char *letter = strchr(letters, at[1]);
        *character = letter && *letter ? (unsigned char)letter[1] : at[1];
        return at + 2;
    }
    uint32_t unit = read_unit(at + 2);
    at += 6;
    if (unit >= 0xD800 && unit < 0xDC00 && at[0] == '\\' && at[1] == 'u') {
        uint32_t second = read_unit(at + 2);
        if (second >= 0xDC00 && second < 0xE000) {
            *character = 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00);
            return at + 6;
        }
    }
    *character = unit;
    return at;
}

static inline int write_character(uint32_t character, unsigned char *out)
{
    if (character < 0x80) {
        out[0] = (unsigned char)character;
        return 1;
    }
    int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xC0, 0xE0, 0xF0};
    for (int index = more; index > 0; index--, character >>= 6)
        out[index] = (unsigned char)(0x80 | (character & 0x3F));
    out[0] = (unsigned char)(leads[more] | character);
    return more + 1;
}

/* The Kelvin sign, whose small letter is a `k`: the one character outside of ASCII that is one inside. */
#define KELVIN 0x212A
static const unsigned char KELVIN_BYTES[] = {0xE2, 0x84, 0xAA};

/* Read one character of a name, or one byte of a character that is not ASCII; return what is behind. */
static inline bytes read_part(bytes at, bytes end, bool folds, unsigned char *spelled, int *size)
{
    uint32_t character = *at;
    *size = 1;
    spelled[0] = *at;
    if (*at == '\\') {
        at = read_escape(at, &character);
        *size = write_character(character, spelled);
    } else if (folds && end - at >= 3 && memcmp(at, KELVIN_BYTES, 3) == 0) {
        character = KELVIN;
        at += 3;
    } else {
        at++;
    }
    if (folds && character == KELVIN) {
        *size = 1;
        spelled[0] = 'k';
    } else if (folds) {
        spelled[0] = small(spelled[0]);
    }
    return at;
}

/* Tell whether a name that is written with escapes, or in any case, is this one. */
static inline bool is_name(bytes at, bytes end, const struct name *name, bool folds)
{
    size_t used = 0;
    while (at < end) {
        unsigned char spelled[4];
        int size;
        at = read_part(at, end, folds, spelled, &size);
        if (name->size - used < (size_t)size || memcmp(name->bytes + used, spelled, (size_t)size) != 0)
            return false;
        used += (size_t)size;
    }
    return used == name->size;
}

/* Return the place that a name leads to from another, or NONE. */
static inline uint32_t find_name(const struct tree *tree, uint32_t from, bytes at, bytes end, bool escaped)
{
    const struct place *place = &tree->places[from];
    size_t size = (size_t)(end - at);
    bool is_odd = escaped || tree->folds;
    if (!is_odd && !(place->lengths >> (size & 63) & 1))
        return NONE;
    for (uint32_t index = 0; index < place->count; index++) {
        const struct name *name = &tree->names[place->first + index];
        if (is_odd ? is_name(at, end, name, tree->folds)
                   : name->size == size && memcmp(name->bytes, at, size) == 0)
            return name->place;
    }
    return NONE;
}

#endif
