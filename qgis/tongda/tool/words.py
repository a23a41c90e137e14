"""English and Chinese side by side: every text that a user reads is written down in both."""

_chinese = False


def speak(locale):
    """Chinese from now on where `locale` is, for example `zh_CN`, else English."""
    global _chinese
    _chinese = str(locale or '').lower().startswith('zh')


def language():
    """`zh` or `en`, as the program's `--lang` takes it."""
    return 'zh' if _chinese else 'en'


def say(english, chinese):
    """The one of the two that the user reads."""
    return chinese if _chinese else english


def of(text):
    """The same for a text of the program's JSON, `{"en": …, "zh": …}`; nothing stays nothing."""
    return say(text['en'], text['zh']) if text else ''
