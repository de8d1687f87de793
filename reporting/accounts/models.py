"""People. One account has one role; a person with two jobs has two accounts (docs/decisions.md)."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    JUNIOR = "junior", _("Junior radiologist")
    SENIOR = "senior", _("Senior radiologist")
    AUDITOR = "auditor", _("Department auditor")
    RESEARCHER = "researcher", _("Researcher")
    READER = "reader", _("Study reader")
    IMPORTER = "importer", _("Importer")
    ADMIN = "admin", _("Administrator")
    SERVICE = "service", _("Service account")


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str, *, full_name: str, role: Role, **fields: object) -> User:
        """Make an account; the password is hashed with argon2."""
        user = self.model(username=username, full_name=full_name, role=role, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """An account. No superusers: what a user may do is the permission table's business alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    username = models.CharField(_("user name"), max_length=64, unique=True)
    full_name = models.CharField(_("full name"), max_length=128)
    role = models.CharField(_("role"), max_length=16, choices=Role)
    section = models.CharField(_("section"), max_length=64, blank=True)
    language = models.CharField(_("language"), max_length=16, default="en")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["full_name", "role"]

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=[r.value for r in Role]), name="user_role_is_known"),
        ]

    def __str__(self) -> str:
        return self.username

    def get_full_name(self) -> str:
        return self.full_name


class Session(AbstractBaseSession):
    """What a browser's cookie stands for. Every request asks for a session and its account, in one question."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="+")


class LoginAttempt(models.Model):
    """One failed login, for throttling by account and by address. Holds a digest of the name, not the name."""

    username_sha256 = models.CharField(max_length=64)
    remote_address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["username_sha256", "at"]), models.Index(fields=["remote_address", "at"])]

    def __str__(self) -> str:
        return str(self.pk)


class TokenScope(models.TextChoices):
    """The one thing that a token opens."""

    STORE = "store", _("Store studies (STOW-RS)")
    IMAGES = "images", _("Read images (DICOMweb)")
    REPORTS = "reports", _("Read signed reports (FHIR)")


class AccessTokenQuerySet(models.QuerySet["AccessToken"]):
    def in_force(self) -> AccessTokenQuerySet:
        return self.filter(revoked_at__isnull=True, expires_at__gt=Now(), user__is_active=True)


class AccessToken(models.Model):
    """What a program shows instead of a password. Holds a digest, not the token."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_tokens")
    name = models.CharField(max_length=64)
    scope = models.CharField(max_length=8, choices=TokenScope, default=TokenScope.STORE)
    sha256 = models.CharField(max_length=64, unique=True)
    account_proof = models.CharField(max_length=128, blank=True)  # changes with a person's password
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)  # to the hour

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(condition=models.Q(scope__in=TokenScope.values), name="token_scope_is_known"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class IdempotentRequest(models.Model):
    """A change that a client named with an Idempotency-Key, and the answer it got; a repeat gets the same answer."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    target = models.CharField(max_length=200)  # method and path
    request_digest = models.CharField(max_length=64)  # of the body without its password
    status_code = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_is_used_once")]
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return self.target


class ViewerPreferences(models.Model):
    """How one person wants the images shown: only what they chose themselves (``viewer_preferences.DEFAULTS``)."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.pk)
