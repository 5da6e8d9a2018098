/* More programs as others write them: they publish, subscribe and render. Here they link, run, and say what is not there. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <opentok.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "strangers.h"

#define WIDTH 64
#define HEIGHT 48

static volatile int is_connected;
static otc_publisher *publisher;

static otc_bool capturer_init(const otc_video_capturer *capturer, void *user_data) {
  (void)capturer;
  (void)user_data;
  return OTC_TRUE;
}

static otc_bool capturer_settings(const otc_video_capturer *capturer, void *user_data,
                                  struct otc_video_capturer_settings *settings) {
  (void)capturer;
  (void)user_data;
  settings->format = OTC_VIDEO_FRAME_FORMAT_ARGB32;
  settings->width = WIDTH;
  settings->height = HEIGHT;
  settings->fps = 30;
  settings->expected_delay = 0;
  return OTC_TRUE;
}

static void on_publisher_error(otc_publisher *of, void *user_data, const char *error_string,
                               enum otc_publisher_error_code error_code) {
  (void)of;
  (void)user_data;
  printf("publisher: %s (%d)\n", error_string, (int)error_code);
}

static void on_subscriber_connected(otc_subscriber *subscriber, void *user_data, const otc_stream *stream) {
  (void)subscriber;
  (void)user_data;
  printf("subscribed to %s\n", otc_stream_get_name(stream));
}

static void on_connected(otc_session *session, void *user_data) {
  (void)user_data;
  if (otc_session_publish(session, publisher) != OTC_SUCCESS) printf("could not publish\n");
  is_connected = 1;
}

static void on_stream_received(otc_session *session, void *user_data, const otc_stream *stream) {
  struct otc_subscriber_callbacks callbacks = {0};
  otc_subscriber *subscriber;
  (void)user_data;
  callbacks.on_connected = on_subscriber_connected;
  subscriber = otc_subscriber_new(stream, &callbacks);
  if (otc_session_subscribe(session, subscriber) != OTC_SUCCESS) printf("could not subscribe\n");
}

int stranger_that_wants_to_publish(struct place place) {
  struct otc_video_capturer_callbacks capturer = {0};
  struct otc_publisher_callbacks callbacks = {0};
  struct otc_session_callbacks session_callbacks = {0};
  otc_publisher_settings *settings;
  otc_session *session;
  int naps = 0;
  is_connected = 0;
  otc_init(NULL);
  capturer.init = capturer_init;
  capturer.get_capture_settings = capturer_settings;
  callbacks.on_error = on_publisher_error;
  publisher = otc_publisher_new("a name", &capturer, &callbacks);
  if (publisher == NULL) printf("could not create a publisher\n");
  settings = otc_publisher_settings_new();
  otc_publisher_settings_set_name(settings, "a name");
  otc_publisher_settings_set_video_track(settings, OTC_FALSE);
  if (otc_publisher_new_with_settings(&callbacks, settings) == NULL) printf("could not create one with settings\n");
  otc_publisher_settings_delete(settings);
  session_callbacks.on_connected = on_connected;
  session_callbacks.on_stream_received = on_stream_received;
  session = otc_session_new(place.api_key, place.session_id, &session_callbacks);
  otc_session_connect(session, place.token);
  while (!is_connected && naps++ < 6000) usleep(10000);
  otc_session_unpublish(session, publisher);
  otc_publisher_delete(publisher);
  otc_session_disconnect(session);
  otc_session_delete(session);
  otc_destroy();
  return !is_connected;
}

/* Draws frames that it makes itself: a grey picture becomes one of four bytes a pixel. */
int stranger_with_a_renderer(struct place place) {
  static uint8_t luma[WIDTH * HEIGHT];
  static uint8_t chroma[WIDTH / 2 * (HEIGHT / 2)];
  otc_video_frame *frame;
  otc_video_frame *picture;
  const uint8_t *pixels;
  int grey;
  (void)place;
  memset(luma, 126, sizeof luma);
  memset(chroma, 128, sizeof chroma);
  frame = otc_video_frame_new_I420(WIDTH, HEIGHT, luma, WIDTH, chroma, WIDTH / 2, chroma, WIDTH / 2);
  picture = otc_video_frame_convert(OTC_VIDEO_FRAME_FORMAT_ARGB32, frame);
  otc_video_frame_delete(frame);
  if (otc_video_frame_get_width(picture) != WIDTH || otc_video_frame_get_height(picture) != HEIGHT) return 1;
  pixels = otc_video_frame_get_plane_binary_data(picture, OTC_VIDEO_FRAME_PLANE_PACKED);
  /* The range of video, 16 to 235, becomes that of pictures. */
  grey = pixels[0];
  if (pixels[1] != grey || pixels[2] != grey || pixels[3] != 255 || grey < 126 || grey > 130) return 1;
  otc_video_frame_delete(picture);
  return 0;
}
