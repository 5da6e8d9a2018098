#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE /* TIOCGWINSZ */
#include "terminal.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct {
  pthread_mutex_t lock; /* for `typed` and for writing */
  int interactive;
  struct termios before;
  const char *prompt;
  char typed[TERMINAL_LINE_BYTES + 1];
  size_t typed_length;
  int escape; /* inside an escape sequence: 1 after ESC, 2 after ESC [ */
  char block[4096];
  size_t block_at;
  size_t block_end;
  int ended;
} terminal = {.lock = PTHREAD_MUTEX_INITIALIZER, .prompt = ""};

static int is_continuation(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

/* How many columns the character takes: two from the first wide script on, which is never too few. */
static int columns_of(const char *at) { return (unsigned char)*at >= 0xE1 ? 2 : 1; }

/* Draws the prompt and as much of the end of the typed text as fits into one row. The lock is held. */
static void draw(void) {
  struct winsize window;
  int width = 80;
  int left;
  size_t start = terminal.typed_length;
  if (!terminal.interactive) return;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0) width = window.ws_col;
  left = width - 1 - (int)strlen(terminal.prompt);
  while (start > 0) {
    size_t previous = start - 1;
    while (previous > 0 && is_continuation(terminal.typed[previous])) previous--;
    left -= columns_of(&terminal.typed[previous]);
    if (left < 0) break;
    start = previous;
  }
  printf("\r\033[K%s%.*s", terminal.prompt, (int)(terminal.typed_length - start), terminal.typed + start);
  fflush(stdout);
}

void terminal_open(const char *prompt) {
  struct termios mode;
  terminal.prompt = prompt;
  if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || tcgetattr(STDIN_FILENO, &terminal.before) != 0) return;
  mode = terminal.before;
  /* Characters one by one and without echo, because we draw them. ISIG stays: Ctrl-C is the program's business. */
  mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  mode.c_cc[VMIN] = 1;
  mode.c_cc[VTIME] = 0;
  if (tcsetattr(STDIN_FILENO, TCSADRAIN, &mode) != 0) return;
  pthread_mutex_lock(&terminal.lock);
  terminal.interactive = 1;
  draw();
  pthread_mutex_unlock(&terminal.lock);
}

void terminal_close(void) {
  pthread_mutex_lock(&terminal.lock);
  if (terminal.interactive) {
    terminal.interactive = 0;
    printf("\r\033[K");
    fflush(stdout);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal.before);
  }
  pthread_mutex_unlock(&terminal.lock);
}

void terminal_print(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&terminal.lock);
  if (terminal.interactive) printf("\r\033[K");
  vprintf(format, arguments);
  printf("\n");
  fflush(stdout);
  draw();
  pthread_mutex_unlock(&terminal.lock);
  va_end(arguments);
}

static void erase_character(void) {
  while (terminal.typed_length > 0 && is_continuation(terminal.typed[terminal.typed_length - 1])) terminal.typed_length--;
  if (terminal.typed_length > 0) terminal.typed_length--;
}

static void erase_word(void) {
  while (terminal.typed_length > 0 && terminal.typed[terminal.typed_length - 1] == ' ') terminal.typed_length--;
  while (terminal.typed_length > 0 && terminal.typed[terminal.typed_length - 1] != ' ') terminal.typed_length--;
}

/* Takes in one byte. The lock is held. */
static enum terminal_input take_byte(char c) {
  if (terminal.escape == 1) {
    terminal.escape = c == '[' || c == 'O' ? 2 : 0;
  } else if (terminal.escape == 2) {
    if (c >= 0x40 && c <= 0x7E) terminal.escape = 0; /* arrows and the like: the line is edited at its end only */
  } else if (c == '\n' || (c == '\r' && terminal.interactive)) {
    return TERMINAL_LINE;
  } else if (!terminal.interactive) {
    if (terminal.typed_length < TERMINAL_LINE_BYTES) terminal.typed[terminal.typed_length++] = c;
  } else if (c == 0x04) {
    return TERMINAL_END;
  } else if (c == 0x7F || c == 0x08) {
    erase_character();
  } else if (c == 0x15) {
    terminal.typed_length = 0;
  } else if (c == 0x17) {
    erase_word();
  } else if (c == 0x1B) {
    terminal.escape = 1;
  } else if ((unsigned char)c >= 0x20 && terminal.typed_length < TERMINAL_LINE_BYTES) {
    terminal.typed[terminal.typed_length++] = c;
  }
  return TERMINAL_NOTHING;
}

void terminal_read(void) {
  ssize_t count = read(STDIN_FILENO, terminal.block, sizeof terminal.block);
  terminal.block_at = 0;
  terminal.block_end = count > 0 ? (size_t)count : 0;
  if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) terminal.ended = 1;
}

enum terminal_input terminal_next(char *line) {
  enum terminal_input result = TERMINAL_NOTHING;
  pthread_mutex_lock(&terminal.lock);
  while (result == TERMINAL_NOTHING && terminal.block_at < terminal.block_end) {
    result = take_byte(terminal.block[terminal.block_at++]);
  }
  /* The last line may lack its newline. */
  if (result == TERMINAL_NOTHING && terminal.ended) result = terminal.typed_length > 0 ? TERMINAL_LINE : TERMINAL_END;
  if (result == TERMINAL_LINE) {
    memcpy(line, terminal.typed, terminal.typed_length);
    line[terminal.typed_length] = '\0';
    terminal.typed_length = 0;
  }
  draw();
  pthread_mutex_unlock(&terminal.lock);
  return result;
}

void terminal_clean(char *to, size_t size, const char *from) {
  size_t at = 0;
  while (*from != '\0') {
    size_t length = 1;
    while (is_continuation(from[length])) length++;
    if (at + length >= size) break;
    /* C0 and DEL are one byte; C1 is C2 80 to C2 9F. */
    if ((unsigned char)from[0] < 0x20 || from[0] == 0x7F ||
        ((unsigned char)from[0] == 0xC2 && (unsigned char)from[1] < 0xA0)) {
      to[at++] = ' ';
    } else {
      memcpy(to + at, from, length);
      at += length;
    }
    from += length;
  }
  to[at] = '\0';
}
