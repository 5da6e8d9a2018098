/* What the two programs of the demonstration share: the words they use on the wire, and the bookkeeping that finds every number
 * that is missing, came twice, or came out of order. */
#ifndef EXAMPLE_DEMO_H
#define EXAMPLE_DEMO_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Connection data of the tokens: how the two know each other. */
#define DEMO_SENDER "sender"
#define DEMO_RECEIVER "receiver"

/* Signal types. */
#define DEMO_HELLO "hello"     /* sender to everybody */
#define DEMO_WELCOME "welcome" /* receiver to the sender alone */
#define DEMO_NUMBER "number"   /* sender to everybody: the stream */
#define DEMO_END "end"         /* sender to the receiver alone: how many numbers there were */
#define DEMO_VERDICT "verdict" /* receiver to the sender alone */

#define DEMO_NUMBERS 1000
#define DEMO_NOTE_EVERY 100 /* every so many numbers there is a line in the timeline */

struct sequence {
  unsigned char seen[DEMO_NUMBERS + 1];
  long highest;
  long received; /* different numbers */
  long doubled;
  long disordered; /* came after a higher one */
  long strange;    /* not one of the numbers at all */
};

/* Takes in one number as it arrived. Returns it, or 0 for something strange. */
static long sequence_add(struct sequence *sequence, const char *text) {
  char *end;
  long number = strtol(text, &end, 10);
  if (*text == '\0' || *end != '\0' || number < 1 || number > DEMO_NUMBERS) {
    sequence->strange++;
    return 0;
  }
  if (sequence->seen[number]) {
    sequence->doubled++;
    return number;
  }
  sequence->seen[number] = 1;
  sequence->received++;
  if (number < sequence->highest) sequence->disordered++;
  else sequence->highest = number;
  return number;
}

/* Writes the judgement on `sent` numbers. Returns 1 when every one came exactly once and in order. */
static int sequence_judge(const struct sequence *sequence, long sent, char *text, size_t size) {
  snprintf(text, size, "%ld of %ld numbers, %ld missing, %ld doubled, %ld out of order", sequence->received, sent,
           sent - sequence->received, sequence->doubled, sequence->disordered + sequence->strange);
  return sequence->received == sent && sequence->doubled == 0 && sequence->disordered == 0 && sequence->strange == 0;
}

#endif
