"""Rows of spreadsheets, forms and automations: which column means what, in English and Spanish.

Names are compared without accents, capitals and signs: `Teléfono`, `phone number` and `phoneNumber` are known as
`telefono` and `phone_number`. Of several columns that mean the same, the first in ALIASES that is filled counts.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from metaads_cli.referrals.text import (
    ID_LENGTH,
    Unusable,
    any_time,
    digits_or_none,
    email_or_none,
    id_or_none,
    text_or_none,
    unrounded,
)

_ALIASES = {
    "phone": (
        "phone phone_number wa_id mobile mobile_phone cell_phone cellphone tel contact_phone whatsapp whatsapp_number"
        " telefono numero_de_telefono numero_telefono nro_de_telefono nro_telefono telefono_celular telefono_movil"
        " telefono_de_contacto telefono_whatsapp celular numero_de_celular numero_celular movil numero_de_whatsapp"
        " numero_whatsapp numero_de_contacto work_phone_number from"
    ),
    "email": (
        "email e_mail email_address mail contact_email correo correo_electronico direccion_de_correo"
        " direccion_de_correo_electronico work_email"
    ),
    "user_id": "bsuid user_id contact_user_id from_user_id wa_user_id",
    "psid": "psid contact_psid messenger_id facebook_psid",
    "igsid": "igsid contact_igsid instagram_scoped_id",
    "name": (
        "full_name fullname name contact_name profile_name push_name nombre_completo nombre_y_apellido"
        " nombre_y_apellidos nombres_y_apellidos"
    ),
    "first_name": "first_name firstname given_name nombre nombres primer_nombre",
    "last_name": "last_name lastname family_name surname apellido apellidos",
    "ad_id": "ad_id adid id_anuncio id_del_anuncio anuncio_id adgroup_id",
    "source_id": "source_id id_origen id_de_origen id_fuente",
    "source_type": "source_type tipo_de_origen tipo_origen tipo_de_fuente",
    "source_url": "source_url ad_url url_del_anuncio url_anuncio enlace_del_anuncio",
    "headline": "headline ad_headline ad_title titulo titulo_del_anuncio titular",
    "body": "body ad_body ad_text texto_del_anuncio cuerpo cuerpo_del_anuncio",
    "media_type": "media_type tipo_de_medio",
    "image_url": "image_url media_url imagen url_de_la_imagen",
    "video_url": "video_url url_del_video",
    "ctwa_clid": "ctwa_clid ctwaclid click_id",
    "welcome_message": "welcome_message greeting saludo mensaje_de_bienvenida welcome_message_text",
    "ref": "ref referral_ref",
    "time": (
        "timestamp message_timestamp occurred_at created_time created_at submitted_at sent_at send_time datetime"
        " date_time fecha_y_hora fecha_hora fecha_de_creacion fecha_creacion creado_el fecha_de_envio date fecha time"
    ),
    "message_id": "message_id wamid mid event_id id_mensaje id_del_mensaje mensaje_id",
    "leadgen_id": (
        "leadgen_id lead_id facebook_lead_id fb_lead_id meta_lead_id id_lead id_del_lead id_cliente_potencial"
        " id_del_cliente_potencial id_de_cliente_potencial"
    ),
    "form_id": "form_id fb_form_id id_formulario id_del_formulario formulario_id",
    "form_name": "form_name nombre_del_formulario nombre_formulario formulario",
    "id": "id",
    "is_organic": "is_organic organic organico es_organico",
    "channel": "channel canal",
    "phone_number_id": "phone_number_id",
    "display_phone_number": "display_phone_number business_phone numero_receptor to",
    "page_id": "page_id fb_page_id id_pagina id_de_la_pagina id_de_pagina",
    "instagram_id": "instagram_id instagram_account_id ig_account_id id_de_instagram",
}
ALIASES = {field: tuple(names.split()) for field, names in _ALIASES.items()}
CONTACTS = ("phone", "email", "user_id", "psid", "igsid")

_LONGEST_NAME = 64
_WITHIN = {"data", "lead", "referral", "answers", "fields"}
_NOTHING = {"", "-", "null", "none", "undefined", "nan", "n/a"}
_META_PREFIX = re.compile(r"(?:l|ag|as|c|f|p):")  # of ids in files that Meta exports
_YES = {"true", "1", "yes", "si", "sí"}
_NO_ROW_NUMBER = re.compile(r"[0-9]{10,}|.*[^0-9].*", re.DOTALL)


@lru_cache(maxsize=4096)
def column(name: str) -> str:
    """The name as ALIASES has it; empty for one that is too long to be there."""
    if len(name) > _LONGEST_NAME:
        return ""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    plain = unicodedata.normalize("NFKD", parted).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")


class Row:
    """Cells by what their column means. An object in a cell is read as columns of its own: `ad: {id}` is `ad_id`."""

    def __init__(self, *parts: dict[str, Any]):
        """Of cells with the same name the first that is filled counts, in the order of the parts."""
        self._cells: dict[str, Any] = {}
        for part in parts:
            self._put("", part.items())
            for name, value in part.items():
                if isinstance(value, dict):
                    key = column(name)
                    self._put("" if key in _WITHIN else f"{key}_", value.items())

    def _put(self, prefix: str, items: Iterable[tuple[str, Any]]) -> None:
        for name, value in items:
            key = prefix + column(name)
            if not isinstance(value, dict | list) and _is_nothing(self._cells.get(key)):
                self._cells[key] = value

    def has(self, *fields: str) -> bool:
        """Whether there is a column for one of them, filled or not."""
        return any(name in self._cells for field in fields for name in ALIASES[field])

    def cell(self, field: str) -> tuple[str, Any]:
        """The name of the column that is filled, and its value; the field and None where there is none."""
        for name in ALIASES[field]:
            value = self._cells.get(name)
            if not _is_nothing(value):
                return name, value
        return field, None

    def text(self, field: str) -> str | None:
        return text_or_none(self.cell(field)[1])

    def id(self, field: str, max_length: int = ID_LENGTH) -> str | None:
        name, value = self.cell(field)
        value = unrounded(value, name)
        if isinstance(value, str) and (prefix := _META_PREFIX.match(value)):
            value = value[prefix.end() :]
        return id_or_none(value, name, max_length)

    def own_id(self) -> str | None:
        """The column `id`, unless it only numbers the rows: those numbers begin again in every file."""
        found = self.id("id")
        return found if found and _NO_ROW_NUMBER.fullmatch(found) else None

    def digits(self, field: str) -> str | None:
        name, value = self.cell(field)
        return digits_or_none(unrounded(value, name))

    def email(self) -> str | None:
        return email_or_none(self.cell("email")[1])

    def full_name(self) -> str | None:
        return self.text("name") or " ".join(filter(None, (self.text("first_name"), self.text("last_name")))) or None

    def time(self) -> datetime:
        name, value = self.cell("time")
        if value is None:
            raise Unusable(f"there is no time; expected a column such as {', '.join(ALIASES['time'][:4])}")
        return any_time(value, name)

    def says_yes(self, field: str) -> bool:
        value = self.cell(field)[1]
        return value.strip().lower() in _YES if isinstance(value, str) else value == 1

    def contact(self) -> dict[str, Any]:
        """Every id of the person, as fields of the normal form."""
        return {
            "contact_phone": self.digits("phone"),
            "contact_user_id": self.id("user_id"),
            "contact_psid": self.id("psid"),
            "contact_igsid": self.id("igsid"),
            "contact_email": self.email(),
        }


def _is_nothing(value: Any) -> bool:
    if isinstance(value, str):
        text = value.strip().lower()
        return text in _NOTHING or text.startswith("<test lead:")  # of Meta's test tool
    return value is None
