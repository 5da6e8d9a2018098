"""PyPI `opentok`, called as a customer's program calls it."""

from opentok import ArchiveModes, Client, MediaModes, Roles

from serve import serve

ROLES = {role.value: role for role in Roles}
state = {}


def sdk():
    return state["client"]


def configure(url, key, secret, **_):
    state["client"] = Client(key, secret, api_url=url)


def create_session(plain=True):
    if plain:
        return sdk().create_session().session_id
    session = sdk().create_session(
        media_mode=MediaModes.routed, archive_mode=ArchiveModes.always, location="12.34.56.78"
    )
    return session.session_id


def token(session, role, data, kind):
    return sdk().generate_token(
        session, role=ROLES[role], data=data, initial_layout_class_list=["focus", "wide"], use_jwt=kind != "t1"
    )


def signal(session, payload, connection=None):
    sdk().send_signal(session, payload, connection)


def force_disconnect(session, connection):
    sdk().force_disconnect(session, connection)


def list_streams(session):
    return [stream.attrs() for stream in sdk().list_streams(session)]


def get_stream(session, stream):
    return sdk().get_stream(session, stream).attrs()


def mute_stream(session, stream):
    sdk().mute_stream(session, stream)


def mute_session(session, excluded):
    return sdk().mute_all(session, excluded).status_code


def unmute_session(session):
    return sdk().disable_force_mute(session).status_code


serve({name: value for name, value in globals().items() if callable(value)})
