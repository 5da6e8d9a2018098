/* Programs as others write them, each as a function that returns 0 when it got what it wanted. */
#ifndef TESTS_STRANGERS_H
#define TESTS_STRANGERS_H

#ifdef __cplusplus
extern "C" {
#endif

/* What such a program has compiled in. */
struct place {
  const char *api_key;
  const char *session_id;
  const char *token;
};

int stranger_that_echoes(struct place place);
int stranger_that_keeps_no_string(struct place place);
int stranger_that_deletes_its_settings_at_once(struct place place);
int stranger_in_a_hurry(struct place place);

#ifdef __cplusplus
}
#endif

#endif
