"""frequent Arabic words keep a first letter that looks like a preposition in the search index

`لبنان` (Lebanon) is not `بنان` after the preposition l-. The pattern is that of
`domain/search/endings.py`. The upgrade computes the documents of Arabic articles again, and builds
the indexes of stories again, because their expressions contain stems.
"""

import importlib

from alembic import op

revision = "0057"
down_revision = "0055"
branch_labels = None
depends_on = None

former = importlib.import_module("service.store.migrations.versions.0055_words_in_all_scripts")

WORDS = (
    "باحث|بارد|بارده|باريس|باسيل|باكستان|باكستاني|بايدن|بايرن|بحرين|بحريني|بدايه|بديل|بديله|"
    "برازيل|برازيلي|برامج|برتغال|برتغالي|برشلونه|برقيات|برقيه|برلمان|برلماني|برلين|برميل|برنامج|"
    "بروكسل|بريطاني|بريطانيا|بشار|بشري|بطولات|بطوله|بعثه|بغداد|بكين|بلاتينيوم|بلال|بلجيكا|"
    "بلجيكي|بلدان|بلده|بلغاريا|بناء|بندر|بنغازي|بنود|بنوك|بوابه|بوتين|بورصات|بورصه|بوركينا|"
    "بورما|بولندا|بولندي|بوليفيا|بومبيو|بيان|بيانات|بيروت|بيلاروسيا|كابوس|كابول|كاتب|كاتبه|"
    "كارثه|كازاخستان|كافه|كامل|كاميرا|كانت|كبار|كبري|كبير|كبيره|كتاب|كتايب|كتله|كراتشي|كردستان|"
    "كردي|كريستيانو|كريم|كريمه|كلمات|كلمه|كمال|كنايس|كندا|كندي|كنيسه|كهرباء|كواليس|كوبا|كوره|"
    "كورونا|كوري|كوريا|كوفيد|كولومبيا|كينيا|كييف|لاعب|لاعبين|لافروف|لاهاي|لبنان|لبناني|لجان|"
    "لجنه|لحظات|لحظه|لحوم|لطيف|لعبه|لقاء|لقاءات|لقاح|لقاحات|لندن|لواء|ليالي|ليبي|ليبيا|ليست|"
    "ليفربول|ليله"
)
ENDINGS = "(?:ي|يه|يين|يون|ات|ه|ها|هم|نا|ا)?"
PREPOSITION = f"(^| )[وف]?(?!(?:{WORDS}){ENDINGS}(?![^ ]))[بلك](?=[^ ]{{3}})"
CREATE, REPLACE = "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
STEMS = former.STEMS.replace(CREATE, REPLACE)
UPDATE_DOCUMENTS = f"{former.forms.UPDATE_DOCUMENTS} AND found.language = 'ar'"


def upgrade() -> None:
    _run(STEMS.replace(former.ARABIC_PREPOSITION, PREPOSITION))


def downgrade() -> None:
    _run(STEMS)


def _run(stems: str) -> None:
    # Not `op.execute`, which would take the colons of patterns for parameters.
    op.get_bind().exec_driver_sql(stems)
    op.get_bind().exec_driver_sql(UPDATE_DOCUMENTS)
    former._rebuild_indexes()
