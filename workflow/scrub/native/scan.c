/* One pass over rows: a machine with a stack of its own, so that no depth can exhaust ours. */
#include "names.h"
#include "rows.h"
#include "tokens.h"

/* An array or object that is open. */
struct container {
    uint32_t place;  /* where its items are looked for, or NONE */
    uint32_t item;   /* where the item that is being read starts */
    uint32_t comma;  /* the comma before that item, or NONE */
    uint32_t run;    /* where a run of items to take out starts, or NONE */
    uint64_t cuts;   /* edits before that run */
    bool is_object;
};

/* A value that is being read. */
struct value {
    uint32_t place; /* its place in the tree, or NONE */
    uint32_t start;
};

struct machine {
    bytes data;
    bytes end;
    const struct tree *tree;
    struct found *found;
    bool in_lines;
    uint32_t depth;
    struct container open[MAX_DEPTH];
    struct value values[MAX_DEPTH + 1];
};

uint32_t lakescrub_interface(void)
{
    return LAKESCRUB_INTERFACE;
}

const char *lakescrub_sources(void)
{
    return LAKESCRUB_SOURCES;
}

static inline bytes behind_space(const struct machine *machine, bytes at)
{
    while (*at == ' ' || *at == '\t' || *at == '\r' || (*at == '\n' && !machine->in_lines))
        at++;
    return at;
}

static inline int add_edit(struct machine *machine, uint32_t start, uint32_t end, uint32_t rule)
{
    struct found *found = machine->found;
    if (found->count == found->room)
        return NO_ROOM;
    found->edits[found->count++] = (struct edit){start, end, rule, (uint32_t)found->rows};
    return DONE;
}

/* Count a match, and list it unless it is going to be taken out. */
static int match(struct machine *machine, const struct place *place, uint32_t start, uint32_t end, bool escaped)
{
    struct found *found = machine->found;
    struct tally *tally = &found->tallies[place->rule];
    tally->matched++;
    tally->rows += tally->last_row != found->rows + 1;
    tally->last_row = found->rows + 1;
    tally->texts += machine->data[start] == '"';
    tally->escaped += escaped;
    tally->size += end - start + 1;
    return place->removes ? DONE : add_edit(machine, start, end, place->rule);
}

/* Take the item out that has just been read: with the comma behind it, or in a run up to the last item
 * with the comma before the run. */
static int cut(struct machine *machine, struct container *container, uint32_t end, uint32_t comma)
{
    struct found *found = machine->found;
    if (container->run == NONE) {
        container->run = container->comma == NONE ? container->item : container->comma;
        container->cuts = found->count;
    }
    if (comma != NONE)
        return add_edit(machine, container->item, comma + 1, NONE);
    found->count = container->cuts;
    return add_edit(machine, container->run, end, NONE);
}

/* A value has ended: count it, and take out the item if need be. */
static int finish_value(struct machine *machine, uint32_t end, bool escaped)
{
    struct value *value = &machine->values[machine->depth];
    if (value->place == NONE)
        return DONE;
    const struct place *place = &machine->tree->places[value->place];
    return place->rule == NONE ? DONE : match(machine, place, value->start, end, escaped);
}

/* An item has ended, with or without a comma behind it. */
static inline int finish_item(struct machine *machine, struct container *container, uint32_t end, uint32_t comma)
{
    uint32_t place = machine->values[machine->depth].place;
    if (place != NONE && machine->tree->places[place].removes)
        return cut(machine, container, end, comma);
    container->run = NONE;
    return DONE;
}

/* Read one value with all that is in it, from its place on. `*position` is its first byte, then the one
 * behind it. */
static int scan_value(struct machine *machine, uint32_t place, bytes *position)
{
    const struct tree *tree = machine->tree;
    bytes data = machine->data, at = *position;
    struct container *container;
    struct value *value = &machine->values[0];
    bool escaped;
    bytes end;
    int outcome;

    machine->depth = 0;
    value->place = place;

begin_value:
    value = &machine->values[machine->depth];
    value->start = (uint32_t)(at - data);
    if (*at != '{' && *at != '[') {
        escaped = false;
        at = behind_scalar(at, machine->end, &escaped);
        if (!at)
            return NOT_SURE;
        goto end_value;
    }
    if (machine->depth == MAX_DEPTH)
        return NOT_SURE;
    container = &machine->open[machine->depth];
    container->is_object = *at == '{';
    container->comma = container->run = NONE;
    container->place = NONE;
    if (value->place != NONE)
        container->place = container->is_object ? (tree->places[value->place].count ? value->place : NONE)
                                                : tree->places[value->place].each;
    machine->depth++;
    at = behind_space(machine, at + 1);
    if (*at == (container->is_object ? '}' : ']')) {
        at++;
        goto end_container;
    }

begin_item:
    container->item = (uint32_t)(at - data);
    value = &machine->values[machine->depth];
    value->place = container->place;
    if (!container->is_object)
        goto begin_value;
    if (*at != '"')
        return NOT_SURE;
    escaped = false;
    end = behind_text(at, machine->end, &escaped);
    if (!end)
        return NOT_SURE;
    if (container->place != NONE)
        value->place = find_name(tree, container->place, at + 1, end - 1, escaped);
    at = behind_space(machine, end);
    if (*at != ':')
        return NOT_SURE;
    at = behind_space(machine, at + 1);
    goto begin_value;

end_container:
    machine->depth--;
    escaped = false;

end_value:
    outcome = finish_value(machine, (uint32_t)(at - data), escaped);
    if (outcome != DONE)
        return outcome;
    if (machine->depth == 0) {
        *position = at;
        return DONE;
    }
    container = &machine->open[machine->depth - 1];
    end = at;
    at = behind_space(machine, at);
    if (*at == ',') {
        outcome = finish_item(machine, container, (uint32_t)(end - data), (uint32_t)(at - data));
        if (outcome != DONE)
            return outcome;
        container->comma = (uint32_t)(at - data);
        at = behind_space(machine, at + 1);
        goto begin_item;
    }
    if (*at != (container->is_object ? '}' : ']'))
        return NOT_SURE;
    outcome = finish_item(machine, container, (uint32_t)(end - data), NONE);
    if (outcome != DONE)
        return outcome;
    at++;
    goto end_container;
}

/* Return the byte where the next line with a row starts, or the end; blank lines are no rows. */
static bytes next_line(const struct machine *machine, bytes at)
{
    while (machine->in_lines) {
        bytes first = behind_space(machine, at);
        if (*first != '\n')
            return first == machine->end ? first : at;
        at = first + 1;
    }
    return at;
}

/* Tell whether a row ends well there, and go behind what ends it. */
static bool ends_row(const struct machine *machine, uint32_t layout, bytes *position)
{
    bytes at = behind_space(machine, *position);
    bool ends = at == machine->end;
    if (layout == ELEMENTS || (layout == LINES && !ends)) {
        ends = *at == (layout == LINES ? '\n' : ',');
        at++;
    }
    *position = at;
    return ends;
}

/* Read the row that starts there, and go behind it. */
static int scan_row(struct machine *machine, uint32_t layout, bytes *position)
{
    struct found *found = machine->found;
    bytes line = *position;
    bool goes = found->goes && found->rows < found->goes_size && found->goes[found->rows];
    *position = behind_space(machine, line);
    int outcome = scan_value(machine, goes ? NONE : 0, position);
    if (outcome != DONE)
        return outcome;
    if (!ends_row(machine, layout, position))
        return NOT_SURE;
    if (goes) {
        /* A line goes whole; of an element the white space before it stays, as it does in the middle. */
        bytes from = layout == LINES ? line : behind_space(machine, line);
        outcome = add_edit(machine, (uint32_t)(from - machine->data), (uint32_t)(*position - machine->data), NONE);
    }
    found->rows++;
    return outcome;
}

int lakescrub_scan(const char *data, uint64_t size, uint32_t layout, const struct tree *tree,
                   struct found *found)
{
    struct machine machine;
    int outcome = size < NONE ? DONE : NOT_SURE;
    machine.data = (bytes)data;
    machine.end = machine.data + size;
    machine.tree = tree;
    machine.found = found;
    machine.in_lines = layout == LINES;
    bytes at = next_line(&machine, machine.data);
    while (outcome == DONE && behind_space(&machine, at) < machine.end) {
        outcome = scan_row(&machine, layout, &at);
        at = next_line(&machine, at);
    }
    return outcome == DONE && layout == DOCUMENT && !found->rows ? NOT_SURE : outcome;
}
