/* Rows with something else in the place of what was found. */
#include "rows.h"

#include <string.h>

uint64_t lakescrub_gather(const char *data, const struct found *found, uint32_t rule, char *out)
{
    char *at = out;
    for (uint64_t index = 0; index < found->count; index++) {
        const struct edit *edit = &found->edits[index];
        if (edit->rule != rule)
            continue;
        memcpy(at, data + edit->start, edit->end - edit->start);
        at += edit->end - edit->start;
        *at++ = '\xFF';
    }
    return (uint64_t)(at - out);
}

uint64_t lakescrub_assemble(const char *data, uint64_t size, const struct found *found,
                            struct source *sources, char *out)
{
    char *at = out;
    uint64_t used = 0;
    for (uint64_t index = 0; index < found->count; index++) {
        const struct edit *edit = &found->edits[index];
        if (edit->start < used || edit->end < edit->start || edit->end > size)
            return IMPOSSIBLE;
        memcpy(at, data + used, edit->start - used);
        at += edit->start - used;
        used = edit->end;
        if (edit->rule == NONE)
            continue;
        struct source *source = &sources[edit->rule];
        uint64_t length = source->sizes ? *source->sizes++ : source->size;
        source->changed += length != edit->end - edit->start
                           || memcmp(data + edit->start, source->bytes, length) != 0;
        memcpy(at, source->bytes, length);
        at += length;
        if (source->sizes)
            source->bytes += length;
    }
    memcpy(at, data + used, size - used);
    return (uint64_t)(at + (size - used) - out);
}
