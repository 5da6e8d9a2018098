/* A terminal in which lines arrive while somebody is typing: what is being typed stays whole below them.
 *
 * When standard input or output is not a terminal, lines are read and written plainly. terminal_print may be called from any
 * thread; the other functions from one.
 */
#ifndef EXAMPLE_TERMINAL_H
#define EXAMPLE_TERMINAL_H

#include <stddef.h>

/* The longest line that can be typed, in bytes; further typing is ignored. It exceeds what a signal may carry. */
#define TERMINAL_LINE_BYTES 9000

enum terminal_input {
  TERMINAL_NOTHING, /* no whole line yet: read again when there is something to read */
  TERMINAL_LINE,    /* one line: ask again, there may be more */
  TERMINAL_END      /* end of input, or Ctrl-D */
};

void terminal_open(const char *prompt);

/* Gives the terminal back as it was. Harmless without terminal_open, and twice. */
void terminal_close(void);

/* Prints one line above what is being typed. A newline is added. */
void terminal_print(const char *format, ...)
#ifdef __GNUC__
    __attribute__((format(printf, 1, 2)))
#endif
    ;

/* Reads what is there; waits only when nothing is, so call it when poll() says that standard input is readable. */
void terminal_read(void);

/* Takes the next line out of what was read. `line` has room for TERMINAL_LINE_BYTES + 1 bytes. */
enum terminal_input terminal_next(char *line);

/* Copies text that came from elsewhere, without what could control a terminal: each control character becomes a space. */
void terminal_clean(char *to, size_t size, const char *from);

#endif
