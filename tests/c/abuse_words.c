/* Text that no interface likes. */
#include "abuse.h"
#include "harness.h"

uint64_t chance_next(struct chance *chance) {
  uint64_t mixed = chance->state += 0x9E3779B97F4A7C15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return mixed ^ (mixed >> 31);
}

int chance_below(struct chance *chance, int below) { return (int)(chance_next(chance) % (unsigned)below); }

int chance_once_in(struct chance *chance, int times) { return chance_below(chance, times) == 0; }

static const char *const short_words[] = {
    NULL,
    "",
    "t",
    "plain-type_1.~",
    "two words",
    "tab\tnewline\nreturn\r",
    "\"quoted\\\"",
    "{\"json\":[1,2,{\"deep\":null}]}",
    "\x01\x1f\x7f",
    "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",     /* two, three and four bytes */
    "\xff\xfe\xfd",                             /* never UTF-8 */
    "\xc0\x80",                                 /* NUL, overlong */
    "\xe0\x80\xaf",                             /* a slash, overlong */
    "\xed\xa0\xbd\xed\xb8\x80",                 /* a surrogate pair, each half as UTF-8 */
    "\xed\xb8\x80",                             /* the second half alone */
    "\xf4\x90\x80\x80",                         /* beyond the last character */
    "\xf0\x9f\x98",                             /* the beginning of a character */
    "\x80\x80",                                 /* the ends of characters */
    "\xef\xbb\xbf\xef\xbf\xbe\xe2\x80\xa8",     /* byte order mark, no character, line separator */
    "%s%n%d",
    "http://[::1",
    "https://relay.example:99999/\xff",
    "/../../etc/passwd",
};
enum { SHORT_WORDS = sizeof short_words / sizeof short_words[0] };

/* Lengths around the limits of types, secrets, data, and what a message may have. */
static const int lengths[] = {127, 128, 129, 255, 256, 257, 8191, 8192, 8193, 65535, 70000};
enum { LENGTHS = sizeof lengths / sizeof lengths[0], FILLINGS = 4 };
static const char *const fillings[FILLINGS] = {"a", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\""};

static char *long_words[LENGTHS * FILLINGS];

void words_make(void) {
  int i;
  int j;
  for (i = 0; i < LENGTHS; i++) {
    for (j = 0; j < FILLINGS; j++) {
      size_t size = strlen(fillings[j]);
      size_t at;
      char *word = malloc((size_t)lengths[i] + 1);
      CHECK(word != NULL);
      for (at = 0; at < (size_t)lengths[i]; at++) word[at] = fillings[j][at % size]; /* the last may be cut in two */
      word[lengths[i]] = '\0';
      long_words[i * FILLINGS + j] = word;
    }
  }
}

void words_free(void) {
  int i;
  for (i = 0; i < LENGTHS * FILLINGS; i++) free(long_words[i]);
}

const char *any_text(struct chance *chance) {
  if (chance_once_in(chance, 8)) return long_words[chance_below(chance, LENGTHS * FILLINGS)];
  return short_words[chance_below(chance, SHORT_WORDS)];
}

const char *any_type(struct chance *chance) { return chance_once_in(chance, 4) ? any_text(chance) : short_words[chance_below(chance, 4)]; }

const char *any_data(struct chance *chance) { return chance_once_in(chance, 4) ? any_text(chance) : short_words[chance_below(chance, 10)]; }
