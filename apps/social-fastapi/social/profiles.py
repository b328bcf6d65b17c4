"""Profiles of users, and following them; the answers of the contract."""
import json
from typing import Any, Awaitable, Callable, List

from tearline_seam.call import current_call
from tearline_seam.errors import SeamError

from .contracts import FollowedAmongInput, FollowedByInput, FollowersOfInput, IdentityClient
from .contracts import UsersByIdsOutputItem as User
from .database import Database
from .idempotency import Transactions

MAX_FOLLOWED = 10_000

FOLLOWED_AMONG = "select followee_id from follows where follower_id = $1 and followee_id = any($2::bigint[])"
FOLLOWED_BY = f"select followee_id from follows where follower_id = $1 limit {MAX_FOLLOWED}"
FOLLOWERS_OF = """
  select follower_id from follows where followee_id = $1 and follower_id > $2 order by follower_id limit $3"""

# Each change is one statement, which appends its event for the relay. A repetition changes nothing and appends none.
APPEND_EVENT = """
  event as (
    select append_event($3, 'user/' || follower_id, $4, $5,
      jsonb_build_object('followerId', follower_id, 'followeeId', followee_id), $6)
    from {changed}
  )"""
FOLLOW = f"""
  with permission as (
    select count(*) < {MAX_FOLLOWED} as is_given from follows where follower_id = $1
  ), added as (
    insert into follows (follower_id, followee_id) select $1, $2 from permission where is_given
    on conflict do nothing returning follower_id, followee_id
  ), {APPEND_EVENT.format(changed="added")}
  select (select count(*) from event) > 0 or is_given
    or exists (select from follows where follower_id = $1 and followee_id = $2) as following
  from permission"""
UNFOLLOW = f"""
  with removed as (
    delete from follows where follower_id = $1 and followee_id = $2 returning follower_id, followee_id
  ), {APPEND_EVENT.format(changed="removed")}
  select (select count(*) from event) < 0 as following"""


class Follows:
    """Implements the contract `social`."""

    def __init__(self, database: Database):
        self.database = database

    async def followedAmong(self, value: FollowedAmongInput) -> List[int]:
        if not value["among"]:
            return []
        return ids(await self.database.read(FOLLOWED_AMONG, value["follower"], value["among"]))

    async def followedBy(self, value: FollowedByInput) -> List[int]:
        return ids(await self.database.read(FOLLOWED_BY, value["follower"]))

    async def followersOf(self, value: FollowersOfInput) -> List[int]:
        return ids(await self.database.read(FOLLOWERS_OF, value["followee"], value["after"], value["limit"]))


class Profiles:
    def __init__(self, identity: IdentityClient, follows: Follows, transactions: Transactions, subscribers: dict, on_changed: Callable[[str], Awaitable[None]]):
        """@param subscribers by event, the modules whose queues get it"""
        self.identity, self.follows, self.transactions, self.subscribers = identity, follows, transactions, subscribers
        self.on_changed = on_changed

    async def find(self, username: str) -> User:
        """@raises SeamError profile/not-found"""
        user = await self.identity.user_by_username({"username": username})
        if user is None:
            raise SeamError("profile/not-found")
        return user

    async def read(self, username: str, viewer: int) -> dict:
        return await self.seen_by(viewer, await self.find(username))

    async def follow(self, username: str, viewer: int) -> dict:
        user = await self.find(username)
        if user["id"] == viewer:
            return profile_of(user, False)
        return await self._change("follow", FOLLOW, "social/followed", viewer, user)

    async def unfollow(self, username: str, viewer: int) -> dict:
        return await self._change("unfollow", UNFOLLOW, "social/unfollowed", viewer, await self.find(username))

    async def seen_by(self, viewer: int, user: User) -> dict:
        followed = await self.follows.followedAmong({"follower": viewer, "among": [user["id"]]})
        return profile_of(user, bool(followed))

    async def _change(self, operation: str, sql: str, event: str, viewer: int, user: User) -> dict:
        version, subscribers = self.subscribers[event]
        context = json.dumps(event_context())

        async def work(connection: Any) -> bool:
            following = await connection.fetchval(sql, viewer, user["id"], subscribers, event, version, context)
            if following != (operation == "follow"):
                raise SeamError("profile/exceeds-what-you-may-follow")
            return True

        is_done = await self.transactions.run(operation, user["id"], work)
        # Whom a user follows is kept by callers in other processes.
        await self.on_changed(f"social:follows/{viewer}")
        return profile_of(user, operation == "follow") if is_done else await self.seen_by(viewer, user)


def ids(rows: list) -> List[int]:
    return [row[0] for row in rows]


def profile_of(user: User, following: bool) -> dict:
    return {"username": user["username"], "bio": user["bio"], "image": user["image"], "following": following}


def event_context() -> dict:
    call = current_call()
    if call is None:
        return {}
    return {
        "requestId": call.request_id,
        **({"traceparent": call.traceparent} if call.traceparent else {}),
        **({"principal": {"id": call.principal}} if call.principal else {}),
    }
