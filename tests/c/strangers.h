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
int stranger_that_a_server_speaks_to(struct place place); /* somebody sends it a "ping" from outside the session */

int stranger_with_a_reconnect_button(struct place place);
int stranger_that_waits_for_goodbye(struct place place);
int stranger_that_configures_turn(struct place place);
int stranger_that_watches_the_log(struct place place);
int stranger_that_is_a_plug_in(struct place place);

int stranger_that_wants_to_publish(struct place place);
int stranger_with_a_renderer(struct place place);

int stranger_of_cpp(struct place place); /* as C++ only */

#ifdef __cplusplus
}
#endif

#endif
