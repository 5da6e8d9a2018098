/* One JSON object a line: just enough of JSON for a program that is driven over its standard input and output.
 *
 * Reading: a flat object whose values are strings, true, false, null or numbers. Nested values are refused. All escapes are
 * understood, surrogate pairs included; a lone surrogate and \u0000 are refused, because no C string can hold them. Bytes
 * outside escapes are taken as they are, without a check for valid UTF-8.
 *
 * Writing: text that grows as needed; strings are escaped, and bytes that are not UTF-8 become U+FFFD.
 */
#ifndef EXAMPLE_JSON_LINE_H
#define EXAMPLE_JSON_LINE_H

#include <stddef.h>

enum json_kind { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING };

struct json_member {
  const char *key;
  enum json_kind kind;
  const char *text; /* the decoded string of JSON_STRING, else NULL */
};

/* Takes one line apart. `line` has `length` bytes and room for one more; it is overwritten, and the members point into it.
 * Returns the number of members, or -1 with `*problem` saying in a few words what is wrong. */
int json_read_line(char *line, size_t length, struct json_member *members, int capacity, const char **problem);

struct json_text {
  char *bytes;
  size_t length;
  size_t capacity;
  int failed; /* memory ran out: the text is not whole */
};

/* Appends `raw` as it is: braces, commas, numbers. */
void json_put(struct json_text *text, const char *raw);

/* Appends `string` in quotes, escaped; null when it is NULL. */
void json_put_string(struct json_text *text, const char *string);

#endif
