/* A part of a program that uses the vendor's library, which here is made up: every function counts its calls and returns 4242. */
int otc_init(void *reserved);
int otc_destroy(void);
int otc_session_send_signal(void *session, const char *type, const char *signal);
int made_up_calls(void);
int vendor_works(void);
int vendor_calls(void);

enum { MADE_UP = 4242 };

int vendor_works(void) {
  const int before = made_up_calls();
  return otc_init(0) == MADE_UP && otc_session_send_signal(0, "type", "text") == MADE_UP && otc_destroy() == MADE_UP &&
         made_up_calls() == before + 3;
}

int vendor_calls(void) { return made_up_calls(); }
