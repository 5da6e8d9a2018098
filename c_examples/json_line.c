#include "json_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Reading ---------------------------------------------------------------------------------------------------- */

struct reader {
  char *at;
  char *end; /* *end is 0 */
  const char *problem;
};

static int fail(struct reader *reader, const char *problem) {
  reader->problem = problem;
  return -1;
}

static void skip_space(struct reader *reader) {
  while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) != NULL) reader->at++;
}

/* Steps over `wanted` if it comes next, after white space. */
static int take(struct reader *reader, char wanted) {
  skip_space(reader);
  if (reader->at == reader->end || *reader->at != wanted) return 0;
  reader->at++;
  return 1;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The four digits of a \u escape, or -1. */
static long take_hex4(struct reader *reader) {
  long value = 0;
  int i;
  if (reader->end - reader->at < 4) return -1;
  for (i = 0; i < 4; i++) {
    int digit = hex_digit(*reader->at);
    if (digit < 0) return -1;
    value = value * 16 + digit;
    reader->at++;
  }
  return value;
}

/* Writes a code point as UTF-8, at most four bytes. */
static char *put_utf8(char *to, unsigned long point) {
  if (point < 0x80) {
    *to++ = (char)point;
  } else if (point < 0x800) {
    *to++ = (char)(0xC0 | (point >> 6));
    *to++ = (char)(0x80 | (point & 0x3F));
  } else if (point < 0x10000) {
    *to++ = (char)(0xE0 | (point >> 12));
    *to++ = (char)(0x80 | ((point >> 6) & 0x3F));
    *to++ = (char)(0x80 | (point & 0x3F));
  } else {
    *to++ = (char)(0xF0 | (point >> 18));
    *to++ = (char)(0x80 | ((point >> 12) & 0x3F));
    *to++ = (char)(0x80 | ((point >> 6) & 0x3F));
    *to++ = (char)(0x80 | (point & 0x3F));
  }
  return to;
}

/* The rest of a \u escape, and of the second one when the first is the high half of a pair. */
static char *take_unicode(struct reader *reader, char *to) {
  long point = take_hex4(reader);
  if (point < 0) return fail(reader, "\\u needs four hexadecimal digits"), NULL;
  if (point == 0) return fail(reader, "\\u0000 cannot stand in a C string"), NULL;
  if (point >= 0xD800 && point <= 0xDBFF) {
    long low = -1;
    if (reader->end - reader->at >= 6 && reader->at[0] == '\\' && reader->at[1] == 'u') {
      reader->at += 2;
      low = take_hex4(reader);
    }
    if (low < 0xDC00 || low > 0xDFFF) return fail(reader, "half of a surrogate pair"), NULL;
    point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
  } else if (point >= 0xDC00 && point <= 0xDFFF) {
    return fail(reader, "half of a surrogate pair"), NULL;
  }
  return put_utf8(to, (unsigned long)point);
}

/* Decodes a string in place, which works because no escape is shorter than what it stands for. */
static const char *take_string(struct reader *reader) {
  char *start;
  char *to;
  if (!take(reader, '"')) return fail(reader, "a string is missing"), NULL;
  start = to = reader->at;
  for (;;) {
    char c;
    if (reader->at == reader->end) return fail(reader, "a string does not end"), NULL;
    c = *reader->at++;
    if (c == '"') {
      *to = '\0';
      return start;
    }
    if ((unsigned char)c < 0x20) return fail(reader, "a control character inside a string"), NULL;
    if (c == '\\') {
      static const char escapes[] = "\"\\/bfnrt";
      static const char meanings[] = "\"\\/\b\f\n\r\t";
      const char *found;
      if (reader->at == reader->end) return fail(reader, "a string does not end"), NULL;
      c = *reader->at++;
      if (c == 'u') {
        to = take_unicode(reader, to);
        if (to == NULL) return NULL;
        continue;
      }
      found = c == '\0' ? NULL : strchr(escapes, c);
      if (found == NULL) return fail(reader, "an unknown escape"), NULL;
      c = meanings[found - escapes];
    }
    *to++ = c;
  }
}

static int take_word(struct reader *reader, const char *word) {
  size_t length = strlen(word);
  if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0) return 0;
  reader->at += length;
  return 1;
}

/* A number by its characters only: nobody here reads one, and a misshapen one hurts nobody. */
static int take_number(struct reader *reader) {
  char *start = reader->at;
  while (reader->at < reader->end && *reader->at != '\0' && strchr("+-.0123456789eE", *reader->at) != NULL) reader->at++;
  return reader->at > start;
}

static int take_value(struct reader *reader, struct json_member *member) {
  skip_space(reader);
  member->text = NULL;
  if (reader->at < reader->end && *reader->at == '"') {
    member->kind = JSON_STRING;
    member->text = take_string(reader);
    return member->text == NULL ? -1 : 0;
  }
  if (take_word(reader, "null")) {
    member->kind = JSON_NULL;
  } else if (take_word(reader, "true")) {
    member->kind = JSON_TRUE;
  } else if (take_word(reader, "false")) {
    member->kind = JSON_FALSE;
  } else if (take_number(reader)) {
    member->kind = JSON_NUMBER;
  } else {
    return fail(reader, "a value must be a string, a number, true, false or null");
  }
  return 0;
}

static int take_object(struct reader *reader, struct json_member *members, int capacity) {
  int count = 0;
  if (!take(reader, '{')) return fail(reader, "not a JSON object");
  if (take(reader, '}')) return 0;
  do {
    if (count == capacity) return fail(reader, "too many members");
    members[count].key = take_string(reader);
    if (members[count].key == NULL) return -1;
    if (!take(reader, ':')) return fail(reader, "a colon is missing");
    if (take_value(reader, &members[count]) != 0) return -1;
    count++;
  } while (take(reader, ','));
  if (!take(reader, '}')) return fail(reader, "the object does not end");
  return count;
}

int json_read_line(char *line, size_t length, struct json_member *members, int capacity, const char **problem) {
  struct reader reader;
  int count;
  reader.at = line;
  reader.end = line + length;
  reader.problem = NULL;
  *reader.end = '\0';
  count = take_object(&reader, members, capacity);
  if (count >= 0) {
    skip_space(&reader);
    if (reader.at != reader.end) count = fail(&reader, "something follows the object");
  }
  *problem = reader.problem;
  return count;
}

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static void put_bytes(struct json_text *text, const char *bytes, size_t count) {
  if (text->failed) return;
  if (count >= text->capacity - text->length) {
    size_t capacity = (text->length + count + 1) * 2;
    char *grown = realloc(text->bytes, capacity);
    if (grown == NULL) {
      text->failed = 1;
      return;
    }
    text->bytes = grown;
    text->capacity = capacity;
  }
  memcpy(text->bytes + text->length, bytes, count);
  text->length += count;
  text->bytes[text->length] = '\0';
}

void json_put(struct json_text *text, const char *raw) { put_bytes(text, raw, strlen(raw)); }

/* The length of the well-formed UTF-8 sequence that starts here, or 0. The text ends with a 0, so looking ahead byte by byte
 * never leaves it. */
static size_t utf8_length(const unsigned char *at) {
  size_t length;
  size_t i;
  if (at[0] < 0x80) return 1;
  if (at[0] >= 0xC2 && at[0] <= 0xDF) length = 2;
  else if (at[0] >= 0xE0 && at[0] <= 0xEF) length = 3;
  else if (at[0] >= 0xF0 && at[0] <= 0xF4) length = 4;
  else return 0;
  for (i = 1; i < length; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
  }
  if (at[0] == 0xE0 && at[1] < 0xA0) return 0; /* written longer than needed */
  if (at[0] == 0xED && at[1] > 0x9F) return 0; /* a surrogate */
  if (at[0] == 0xF0 && at[1] < 0x90) return 0; /* written longer than needed */
  if (at[0] == 0xF4 && at[1] > 0x8F) return 0; /* beyond U+10FFFF */
  return length;
}

void json_put_string(struct json_text *text, const char *string) {
  const unsigned char *at = (const unsigned char *)string;
  if (string == NULL) {
    json_put(text, "null");
    return;
  }
  json_put(text, "\"");
  while (*at != '\0') {
    size_t length = utf8_length(at);
    if (length == 0) {
      json_put(text, "\\ufffd");
      length = 1;
    } else if (*at == '"' || *at == '\\') {
      json_put(text, "\\");
      put_bytes(text, (const char *)at, 1);
    } else if (*at < 0x20 || *at == 0x7F) {
      char escape[8];
      snprintf(escape, sizeof escape, "\\u%04x", *at);
      json_put(text, escape);
    } else {
      put_bytes(text, (const char *)at, length);
    }
    at += length;
  }
  json_put(text, "\"");
}
