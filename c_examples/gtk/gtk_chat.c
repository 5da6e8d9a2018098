/* A chat window: who is here, what is said, how the connection is.
 *
 * The lesson is how to bring callbacks to the thread of a graphical interface. GTK belongs to the thread that runs
 * gtk_main(); the library calls back on threads of its own. So
 *
 *   - a callback touches no widget. It copies what it was given into a `struct news`, queues it and asks the main loop to
 *     look at the queue. It never waits for the main loop: otc_session_delete() is called there and waits for callbacks.
 *   - everything else (widgets, the list of people, calls into the library) happens on the main loop's thread, so that
 *     nothing but the queue is shared and nothing needs a lock.
 *   - after otc_session_delete() no callback runs any more; only then are the queue and what it holds freed.
 *
 * Names come from the connection data of the tokens, either all of it or what follows `name=`.
 * Exit code: 0 left, 2 could not join, 3 the session ended by a fault, 64 bad command line.
 */
#include <glib-unix.h>
#include <gtk/gtk.h>
#include <opentok.h>
#include <string.h>

#include "../options.h"

#define SIGNAL_TYPE "chat" /* the terminal chat sends the same, so that both can talk to each other */
#define LEAVE_SECONDS 4    /* leaving takes milliseconds, and the library itself allows it 3 s */
#define NAME_CHARACTERS 40

/* ---- From the library's threads to the main loop ----------------------------------------------------------------- */

enum news_kind { JOINED, SOMEBODY_CAME, SOMEBODY_LEFT, SAID, LINK_LOST, LINK_BACK, FAILED, LEFT };

/* One callback, as a copy that outlives it. */
struct news {
  enum news_kind kind;
  otc_connection *connection; /* whom it is about, or NULL */
  char *type;
  char *text;
};

struct chat {
  GAsyncQueue *news; /* of struct news: the only member that callbacks use */

  otc_session *session;
  GHashTable *rows; /* connection id -> row of the list of people */
  char *own_name;
  guint waiting; /* messages that were typed while the link was away and have not come back yet */
  gboolean joined, reconnecting, leaving, failed;

  GtkWidget *window, *header, *state, *people, *entry, *send, *scroll;
  GtkTextBuffer *messages;
};

static void news_free(gpointer data) {
  struct news *news = data;
  if (news->connection != NULL) otc_connection_delete(news->connection);
  g_free(news->type);
  g_free(news->text);
  g_free(news);
}

static gboolean deliver(gpointer user_data);

/* Runs on a thread of the library. */
static void post(struct chat *chat, enum news_kind kind, const otc_connection *connection, const char *type,
                 const char *text) {
  struct news *news = g_new0(struct news, 1);
  news->kind = kind;
  if (connection != NULL) news->connection = otc_connection_copy(connection);
  news->type = g_strdup(type);
  news->text = text == NULL ? NULL : g_utf8_make_valid(text, -1);
  g_async_queue_push(chat->news, news);
  g_idle_add(deliver, chat);
}

static void on_connected(otc_session *session, void *user_data) {
  post(user_data, JOINED, otc_session_get_connection(session), NULL, NULL);
}

static void on_connection_created(otc_session *session, void *user_data, const otc_connection *connection) {
  (void)session;
  post(user_data, SOMEBODY_CAME, connection, NULL, NULL);
}

static void on_connection_dropped(otc_session *session, void *user_data, const otc_connection *connection) {
  (void)session;
  post(user_data, SOMEBODY_LEFT, connection, NULL, NULL);
}

static void on_signal_received(otc_session *session, void *user_data, const char *type, const char *signal,
                               const otc_connection *connection) {
  (void)session;
  post(user_data, SAID, connection, type, signal);
}

static void on_reconnection_started(otc_session *session, void *user_data) {
  (void)session;
  post(user_data, LINK_LOST, NULL, NULL, NULL);
}

static void on_reconnected(otc_session *session, void *user_data) {
  (void)session;
  post(user_data, LINK_BACK, NULL, NULL, NULL);
}

static void on_error(otc_session *session, void *user_data, const char *text, enum otc_session_error_code code) {
  (void)session;
  (void)code; /* the text tells it too */
  post(user_data, FAILED, NULL, NULL, text);
}

static void on_disconnected(otc_session *session, void *user_data) {
  (void)session;
  post(user_data, LEFT, NULL, NULL, NULL);
}

/* ---- What the window shows ---------------------------------------------------------------------------------------- */

/* The name in a connection's data; the start of the id when there is none. To be freed. */
static char *name_of(const otc_connection *connection) {
  char *valid = g_utf8_make_valid(otc_connection_get_data(connection), -1);
  const char *start = g_str_has_prefix(valid, "name=") ? valid + strlen("name=") : valid;
  char *name = g_utf8_substring(start, 0, MIN(g_utf8_strlen(start, -1), NAME_CHARACTERS));
  g_strdelimit(g_strstrip(name), "\r\n\t", ' ');
  g_free(valid);
  if (*name == '\0') {
    g_free(name);
    name = g_strndup(otc_connection_get_id(connection), 8);
  }
  return name;
}

/* Shows the state of the connection in words and, by the style class, in colour. */
static void show_state(struct chat *chat, const char *style, const char *text) {
  static const char *const styles[] = {"joining", "connected", "reconnecting", "ended"};
  GtkStyleContext *context = gtk_widget_get_style_context(chat->state);
  for (guint i = 0; i < G_N_ELEMENTS(styles); i++) gtk_style_context_remove_class(context, styles[i]);
  gtk_style_context_add_class(context, style);
  gtk_label_set_text(GTK_LABEL(chat->state), text);
}

static void show_waiting(struct chat *chat) {
  char *text = chat->waiting == 0 ? g_strdup("Reconnecting…")
                                  : g_strdup_printf("Reconnecting… %u to send", chat->waiting);
  show_state(chat, "reconnecting", text);
  g_free(text);
}

/* Adds a line: somebody's words, or without a name a notice. */
static void add_line(struct chat *chat, const char *name, const char *text) {
  GtkTextIter end;
  GDateTime *now = g_date_time_new_now_local();
  char *time = g_date_time_format(now, "%H:%M  ");
  gtk_text_buffer_get_end_iter(chat->messages, &end);
  if (gtk_text_buffer_get_char_count(chat->messages) > 0) gtk_text_buffer_insert(chat->messages, &end, "\n", 1);
  gtk_text_buffer_insert_with_tags_by_name(chat->messages, &end, time, -1, "dim", NULL);
  if (name == NULL) {
    gtk_text_buffer_insert_with_tags_by_name(chat->messages, &end, text, -1, "notice", NULL);
  } else {
    gtk_text_buffer_insert_with_tags_by_name(chat->messages, &end, name, -1,
                                             g_strcmp0(name, chat->own_name) == 0 ? "own" : "other", NULL);
    gtk_text_buffer_insert(chat->messages, &end, "  ", -1);
    gtk_text_buffer_insert(chat->messages, &end, text, -1);
  }
  g_free(time);
  g_date_time_unref(now);
}

/* New text makes the page longer: stay at its end. */
static void keep_at_end(GtkWidget *view, GdkRectangle *allocation, gpointer user_data) {
  struct chat *chat = user_data;
  GtkAdjustment *place = gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(chat->scroll));
  (void)view;
  (void)allocation;
  gtk_adjustment_set_value(place, gtk_adjustment_get_upper(place));
}

static void add_person(struct chat *chat, const otc_connection *connection, gboolean is_self) {
  char *name = name_of(connection);
  char *shown = is_self ? g_strdup_printf("%s (you)", name) : g_strdup(name);
  GtkWidget *label = gtk_label_new(shown);
  GtkWidget *row = gtk_list_box_row_new();
  gtk_label_set_xalign(GTK_LABEL(label), 0);
  gtk_label_set_ellipsize(GTK_LABEL(label), PANGO_ELLIPSIZE_END);
  gtk_container_add(GTK_CONTAINER(row), label);
  gtk_list_box_row_set_selectable(GTK_LIST_BOX_ROW(row), FALSE);
  gtk_list_box_insert(GTK_LIST_BOX(chat->people), row, is_self ? 0 : -1);
  gtk_widget_show_all(row);
  g_hash_table_insert(chat->rows, g_strdup(otc_connection_get_id(connection)), row);
  g_free(shown);
  g_free(name);
}

static void remove_person(struct chat *chat, const otc_connection *connection) {
  GtkWidget *row = g_hash_table_lookup(chat->rows, otc_connection_get_id(connection));
  if (row == NULL) return;
  gtk_widget_destroy(row);
  g_hash_table_remove(chat->rows, otc_connection_get_id(connection));
}

/* ---- What happened ------------------------------------------------------------------------------------------------- */

static void joined(struct chat *chat, const struct news *news) {
  chat->joined = TRUE;
  chat->own_name = name_of(news->connection);
  add_person(chat, news->connection, TRUE);
  show_state(chat, "connected", "Connected");
  gtk_header_bar_set_title(GTK_HEADER_BAR(chat->header), chat->own_name);
  gtk_window_set_title(GTK_WINDOW(chat->window), chat->own_name);
  gtk_widget_set_sensitive(chat->entry, TRUE);
  gtk_widget_set_sensitive(chat->send, TRUE);
  gtk_widget_grab_focus(chat->entry);
}

static void came_or_left(struct chat *chat, const struct news *news) {
  char *name = name_of(news->connection);
  char *text = g_strdup_printf(news->kind == SOMEBODY_CAME ? "%s is here" : "%s has left", name);
  if (news->kind == SOMEBODY_CAME) add_person(chat, news->connection, FALSE);
  else remove_person(chat, news->connection);
  add_line(chat, NULL, text);
  g_free(text);
  g_free(name);
}

static void said(struct chat *chat, const struct news *news) {
  const otc_connection *own = otc_session_get_connection(chat->session);
  char *name;
  if (strcmp(news->type, SIGNAL_TYPE) != 0) return; /* of another program in the same session */
  name = news->connection == NULL ? g_strdup("the server") : name_of(news->connection);
  if (chat->waiting > 0 && own != NULL && news->connection != NULL &&
      strcmp(otc_connection_get_id(own), otc_connection_get_id(news->connection)) == 0) {
    chat->waiting--; /* our own words come back like everybody's, which shows that they have arrived */
  }
  add_line(chat, name, news->text);
  g_free(name);
}

/* The session is over: the window stays, so that what was said can still be read. */
static void ended(struct chat *chat, const char *reason) {
  show_state(chat, "ended", "Ended");
  add_line(chat, NULL, reason);
  gtk_widget_set_sensitive(chat->entry, FALSE);
  gtk_widget_set_sensitive(chat->send, FALSE);
}

static void handle(struct chat *chat, const struct news *news) {
  switch (news->kind) {
    case JOINED: joined(chat, news); break;
    case SOMEBODY_CAME:
    case SOMEBODY_LEFT: came_or_left(chat, news); break;
    case SAID: said(chat, news); break;
    case LINK_LOST:
      chat->reconnecting = TRUE;
      show_waiting(chat);
      break;
    case LINK_BACK:
      chat->reconnecting = FALSE;
      show_state(chat, "connected", "Connected");
      break;
    case FAILED:
      chat->failed = TRUE;
      ended(chat, news->text);
      break;
    case LEFT:
      if (chat->leaving) gtk_main_quit();
      else if (!chat->failed) ended(chat, "You are not in the session any more.");
      break;
  }
}

/* Runs on the main loop's thread, and takes all that is there: one call may serve several posts. */
static gboolean deliver(gpointer user_data) {
  struct chat *chat = user_data;
  struct news *news;
  while ((news = g_async_queue_try_pop(chat->news)) != NULL) {
    handle(chat, news);
    news_free(news);
  }
  return G_SOURCE_REMOVE;
}

/* ---- What the person does ------------------------------------------------------------------------------------------ */

static void send_text(GtkWidget *widget, gpointer user_data) {
  struct chat *chat = user_data;
  const char *text = gtk_entry_get_text(GTK_ENTRY(chat->entry));
  otc_status status;
  (void)widget;
  if (*text == '\0' || !chat->joined) return;
  status = otc_session_send_signal(chat->session, SIGNAL_TYPE, text);
  if (status == OTC_SUCCESS) {
    gtk_entry_set_text(GTK_ENTRY(chat->entry), "");
    if (chat->reconnecting) {
      chat->waiting++;
      show_waiting(chat);
    }
  } else if (status == OTC_SESSION_SIGNAL_DATA_TOO_LONG) {
    add_line(chat, NULL, "Not sent: a message may have 8192 bytes.");
  } else {
    char *notice = g_strdup_printf("Not sent (status %d).", (int)status);
    add_line(chat, NULL, notice);
    g_free(notice);
  }
}

static gboolean stop_waiting(gpointer user_data) {
  (void)user_data;
  gtk_main_quit();
  return G_SOURCE_REMOVE;
}

/* Leaves the session first, so that the others learn it at once; on_disconnected then ends the program. */
static void leave(struct chat *chat) {
  if (chat->leaving) return;
  chat->leaving = TRUE;
  if (otc_session_disconnect(chat->session) != OTC_SUCCESS) {
    gtk_main_quit(); /* it is over already */
    return;
  }
  show_state(chat, "joining", "Leaving…");
  g_timeout_add_seconds(LEAVE_SECONDS, stop_waiting, NULL);
}

static gboolean on_close(GtkWidget *window, GdkEvent *event, gpointer user_data) {
  (void)window;
  (void)event;
  leave(user_data);
  return TRUE; /* the window stays until the session has been left */
}

static gboolean on_terminate(gpointer user_data) {
  leave(user_data);
  return G_SOURCE_CONTINUE;
}

/* ---- The window ---------------------------------------------------------------------------------------------------- */

static const char style[] =
    "textview { font-size: 11pt; }"
    "list row { padding: 6px 12px; }"
    ".state { padding: 2px 10px; border-radius: 10px; font-weight: bold; color: white; }"
    ".joining { background: #5e5c64; } .connected { background: #1b7a3d; }"
    ".reconnecting { background: #a8480f; } .ended { background: #b3202a; }";

static GtkWidget *scrolled(GtkWidget *child) {
  GtkWidget *scroll = gtk_scrolled_window_new(NULL, NULL);
  gtk_scrolled_window_set_policy(GTK_SCROLLED_WINDOW(scroll), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
  gtk_container_add(GTK_CONTAINER(scroll), child);
  return scroll;
}

static GtkWidget *make_messages(struct chat *chat) {
  GtkWidget *view = gtk_text_view_new();
  gtk_text_view_set_editable(GTK_TEXT_VIEW(view), FALSE);
  gtk_text_view_set_cursor_visible(GTK_TEXT_VIEW(view), FALSE);
  gtk_text_view_set_wrap_mode(GTK_TEXT_VIEW(view), GTK_WRAP_WORD_CHAR);
  gtk_text_view_set_left_margin(GTK_TEXT_VIEW(view), 12);
  gtk_text_view_set_right_margin(GTK_TEXT_VIEW(view), 12);
  gtk_text_view_set_top_margin(GTK_TEXT_VIEW(view), 8);
  gtk_text_view_set_pixels_below_lines(GTK_TEXT_VIEW(view), 4);
  chat->messages = gtk_text_view_get_buffer(GTK_TEXT_VIEW(view));
  gtk_text_buffer_create_tag(chat->messages, "dim", "foreground", "#77767b", "scale", 0.85, NULL);
  gtk_text_buffer_create_tag(chat->messages, "notice", "foreground", "#5e5c64", "style", PANGO_STYLE_ITALIC, NULL);
  gtk_text_buffer_create_tag(chat->messages, "own", "foreground", "#1a5fb4", "weight", PANGO_WEIGHT_BOLD, NULL);
  gtk_text_buffer_create_tag(chat->messages, "other", "foreground", "#8f3a84", "weight", PANGO_WEIGHT_BOLD, NULL);
  chat->scroll = scrolled(view);
  g_signal_connect(view, "size-allocate", G_CALLBACK(keep_at_end), chat);
  return chat->scroll;
}

static GtkWidget *make_entry(struct chat *chat) {
  GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 6);
  chat->entry = gtk_entry_new();
  chat->send = gtk_button_new_with_mnemonic("_Send");
  gtk_entry_set_placeholder_text(GTK_ENTRY(chat->entry), "Say something to everybody");
  gtk_widget_set_sensitive(chat->entry, FALSE);
  gtk_widget_set_sensitive(chat->send, FALSE);
  gtk_container_set_border_width(GTK_CONTAINER(box), 8);
  gtk_box_pack_start(GTK_BOX(box), chat->entry, TRUE, TRUE, 0);
  gtk_box_pack_start(GTK_BOX(box), chat->send, FALSE, FALSE, 0);
  g_signal_connect(chat->entry, "activate", G_CALLBACK(send_text), chat);
  g_signal_connect(chat->send, "clicked", G_CALLBACK(send_text), chat);
  return box;
}

static void make_window(struct chat *chat) {
  GtkWidget *columns = gtk_paned_new(GTK_ORIENTATION_HORIZONTAL);
  GtkWidget *talk = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
  GtkCssProvider *css = gtk_css_provider_new();
  gtk_css_provider_load_from_data(css, style, -1, NULL);
  gtk_style_context_add_provider_for_screen(gdk_screen_get_default(), GTK_STYLE_PROVIDER(css),
                                            GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  g_object_unref(css);

  chat->window = gtk_window_new(GTK_WINDOW_TOPLEVEL);
  chat->header = gtk_header_bar_new();
  chat->state = gtk_label_new(NULL);
  chat->people = gtk_list_box_new();
  gtk_window_set_title(GTK_WINDOW(chat->window), "Chat");
  gtk_window_set_default_size(GTK_WINDOW(chat->window), 560, 400);
  gtk_header_bar_set_title(GTK_HEADER_BAR(chat->header), "Chat");
  gtk_header_bar_set_show_close_button(GTK_HEADER_BAR(chat->header), TRUE);
  gtk_style_context_add_class(gtk_widget_get_style_context(chat->state), "state");
  gtk_widget_set_valign(chat->state, GTK_ALIGN_CENTER);
  gtk_header_bar_pack_start(GTK_HEADER_BAR(chat->header), chat->state);
  gtk_window_set_titlebar(GTK_WINDOW(chat->window), chat->header);

  gtk_box_pack_start(GTK_BOX(talk), make_messages(chat), TRUE, TRUE, 0);
  gtk_box_pack_start(GTK_BOX(talk), make_entry(chat), FALSE, FALSE, 0);
  gtk_paned_pack1(GTK_PANED(columns), scrolled(chat->people), FALSE, FALSE);
  gtk_paned_pack2(GTK_PANED(columns), talk, TRUE, FALSE);
  gtk_paned_set_position(GTK_PANED(columns), 150);
  gtk_container_add(GTK_CONTAINER(chat->window), columns);
  g_signal_connect(chat->window, "delete-event", G_CALLBACK(on_close), chat);
  show_state(chat, "joining", "Joining…");
  gtk_widget_show_all(chat->window);
}

/* ---- Life ---------------------------------------------------------------------------------------------------------- */

static otc_session *make_session(struct chat *chat, const struct options *options) {
  struct otc_session_callbacks callbacks = {0};
  callbacks.on_connected = on_connected;
  callbacks.on_disconnected = on_disconnected;
  callbacks.on_connection_created = on_connection_created;
  callbacks.on_connection_dropped = on_connection_dropped;
  callbacks.on_signal_received = on_signal_received;
  callbacks.on_reconnection_started = on_reconnection_started;
  callbacks.on_reconnected = on_reconnected;
  callbacks.on_error = on_error;
  callbacks.user_data = chat;
  return otc_session_new(options->api_key, options->session_id, &callbacks);
}

static int run(struct chat *chat, const struct options *options) {
  chat->session = make_session(chat, options);
  if (chat->session == NULL) {
    g_printerr("gtk_chat: otc_session_new failed\n");
    return 2;
  }
  chat->news = g_async_queue_new_full(news_free);
  chat->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
  make_window(chat);
  g_unix_signal_add(SIGINT, on_terminate, chat);
  g_unix_signal_add(SIGTERM, on_terminate, chat);
  if (otc_session_connect(chat->session, options->token) == OTC_SUCCESS) {
    gtk_main();
  } else {
    g_printerr("gtk_chat: otc_session_connect refused the token\n");
    chat->failed = TRUE;
  }

  otc_session_delete(chat->session);
  /* No callback runs any more: what they posted last is dropped, and nothing can ask the main loop for it again. */
  while (g_idle_remove_by_data(chat)) continue;
  g_async_queue_unref(chat->news);
  gtk_widget_destroy(chat->window);
  g_hash_table_unref(chat->rows);
  g_free(chat->own_name);
  return !chat->failed ? 0 : chat->joined ? 3 : 2;
}

int main(int argc, char **argv) {
  struct chat chat = {0};
  struct options options;
  int code = options_read(&options, argc, argv);
  if (code != 0) return code < 0 ? 0 : code;
  if (!gtk_init_check(NULL, NULL)) {
    g_printerr("gtk_chat: there is no display; set DISPLAY or WAYLAND_DISPLAY\n");
    return 2;
  }
  if (otc_init(NULL) != OTC_SUCCESS) {
    g_printerr("gtk_chat: otc_init failed\n");
    return 2;
  }
  code = run(&chat, &options);
  if (otc_destroy() != OTC_SUCCESS && code == 0) code = 3;
  return code;
}
