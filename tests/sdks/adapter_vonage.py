"""PyPI `vonage`, called as a customer's program calls it."""

from urllib.parse import urlsplit

from vonage import Auth, HttpClientOptions, Vonage
from vonage_video.models import SessionOptions, SignalData, TokenOptions

from serve import serve

state = {}


def video():
    return state["client"].video


def configure(url, key, private_key, **_):
    # This SDK writes https:// before the host itself.
    options = HttpClientOptions(video_host=urlsplit(url).netloc)
    state["client"] = Vonage(Auth(application_id=key, private_key=private_key), options)


def create_session(plain=True):
    if plain:
        return video().create_session().session_id
    options = SessionOptions(media_mode="relayed", archive_mode="manual", location="12.34.56.78", e2ee=True)
    return video().create_session(options).session_id


def token(session, role, data, kind):
    options = TokenOptions(
        session_id=session, role=role, connection_data=data, initial_layout_class_list=["focus", "wide"]
    )
    made = video().generate_client_token(options)
    return made.decode() if isinstance(made, bytes) else made


def signal(session, payload, connection=None):
    # What is not given must be left out: this SDK takes None for a wrong value.
    to = [] if connection is None else [connection]
    video().send_signal(session, SignalData(**payload), *to)


def force_disconnect(session, connection):
    video().disconnect_client(session, connection)


def list_streams(session):
    return [plain(stream) for stream in video().list_streams(session)]


def get_stream(session, stream):
    return plain(video().get_stream(session, stream))


def plain(stream):
    return {
        "id": stream.id,
        "name": stream.name,
        "videoType": stream.video_type,
        "layoutClassList": stream.layout_class_list,
    }


def mute_stream(session, stream):
    video().mute_stream(session, stream)


def mute_session(session, excluded):
    video().mute_all_streams(session, *([excluded] if excluded else []))


def unmute_session(session):
    video().disable_mute_all_streams(session)


serve({name: value for name, value in globals().items() if callable(value)})
