/* Rows of JSON and of tables: checked, and searched for selected values, in one pass.
 *
 * Pure functions over memory that the caller owns: nothing is allocated, kept or opened here. Python
 * calls them through ctypes (library.py), so they need no header of the interpreter, and the
 * interpreter's lock is free while they run.
 *
 * All bytes end with a NUL that is not counted, as those of a Python `bytes` do. No token may hold
 * one, so a token that is cut off ends there, and no length has to be asked for inside of tokens.
 */
#ifndef LAKESCRUB_ROWS_H
#define LAKESCRUB_ROWS_H

#include <stddef.h>
#include <stdint.h>

/* What this library offers; library.py refuses to use another number. */
#define LAKESCRUB_INTERFACE 3

/* Arrays and objects inside one another; MAX_DEPTH in strict.py. */
#define MAX_DEPTH 500

#define NONE UINT32_MAX
#define IMPOSSIBLE UINT64_MAX

/* How rows follow one another. */
enum layout {
    LINES = 0,    /* one row a line, blank lines between; a line end inside of a row is a fault */
    ELEMENTS = 1, /* each row has a comma behind it */
    DOCUMENT = 2, /* one row */
};

enum outcome {
    DONE = 0,
    NOT_SURE = 1, /* not JSON, or something that only the reference can judge */
    NO_ROOM = 2,  /* more edits than there is room for */
};

/* A place in the tree of selectors. Its children are `names[first]` to `names[first + count - 1]`. */
struct place {
    uint32_t first;
    uint32_t count;
    uint64_t lengths; /* bit n: a child's name has a length of n modulo 64 */
    uint32_t each;    /* the place of an array's elements, or NONE */
    uint32_t rule;    /* the rule that ends here, or NONE */
    uint32_t removes; /* whether that rule takes the item out */
    uint32_t unused;
};

/* The name of a member, in UTF-8, and the place that it leads to. */
struct name {
    const char *bytes;
    uint32_t size;
    uint32_t place;
};

struct tree {
    const struct place *places; /* the first is that of a row */
    const struct name *names;
    uint32_t folds; /* names are ASCII in small letters, and compared without regard to case */
    uint32_t unused;
};

/* Bytes that something else takes the place of: a selected value, or an item to take out. */
struct edit {
    uint32_t start;
    uint32_t end;
    uint32_t rule; /* NONE for an item to take out */
    uint32_t row;  /* from 0 */
};

/* What is counted for a rule. */
struct tally {
    uint64_t matched;
    uint64_t rows;     /* rows with a match */
    uint64_t texts;    /* matches that are texts; of a table, that are not a pair of quotes */
    uint64_t escaped;  /* texts with a backslash */
    uint64_t size;     /* bytes of the matches as `gather` writes them */
    uint64_t last_row; /* one more than the number of the last row with a match */
};

struct found {
    struct edit *edits;
    uint64_t room;
    uint64_t count; /* of edits */
    uint64_t rows;
    struct tally *tallies;      /* one a rule, zeroed by the caller */
    const unsigned char *goes;  /* for each row whether it goes; null where none does */
    uint64_t goes_size;
};

/* What takes the place of a rule's matches: one text for all, or one for each. */
struct source {
    const char *bytes;
    uint64_t size;
    const uint32_t *sizes; /* of each text in `bytes`; null for one text for all */
    uint64_t changed;      /* counted by `assemble`: matches that were spelled otherwise */
};

/* A column of a table. */
struct column {
    uint32_t rule;       /* NONE where no rule is for it */
    uint16_t removes;    /* whether it is taken out */
    uint16_t is_leading; /* whether no column that stays is before it */
};

struct table {
    const struct column *columns;
    uint32_t width;
    uint32_t delimiter;
};

uint32_t lakescrub_interface(void);

/* The SHA-256 of the sources that it was built from, as build.py gives it. */
const char *lakescrub_sources(void);

/* Check rows and list what the tree selects, in the order of the bytes. */
int lakescrub_scan(const char *data, uint64_t size, uint32_t layout, const struct tree *tree,
                   struct found *found);

/* Check records by RFC 4180, all of the table's width, and list the fields that rules are for. Lines
 * without anything are no records. That the text is UTF-8 is known already. A table has two columns or
 * more, before and after. */
int lakescrub_scan_records(const char *data, uint64_t size, const struct table *table, struct found *found);

/* Return the position behind the last line end that is not inside of quotes, or 0. */
uint64_t lakescrub_last_record_end(const char *data, uint64_t size, uint32_t delimiter);

/* Write the matches of a rule, each with a byte behind it that is in no UTF-8; return how many bytes. */
uint64_t lakescrub_gather(const char *data, const struct found *found, uint32_t rule, char *out);

/* Write the rows with their edits; return how many bytes. `out` has room for them. Edits that overlap or
 * are out of order, which no tree without overlapping rules gives, write nothing: IMPOSSIBLE. */
uint64_t lakescrub_assemble(const char *data, uint64_t size, const struct found *found,
                            struct source *sources, char *out);

#endif
