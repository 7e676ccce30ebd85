"""English cue words for entity kinds, beside a name or within it."""


def _split(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Capitalised titles before the name of a person; not part of the name.
ROLES = _split("""
President Vice Prime Minister Chancellor Premier Governor Gov Mayor Senator Sen Sens
Representative Rep Reps Congressman Congresswoman Secretary Undersecretary Deputy Ambassador Envoy
Judge Justice Chief Attorney Prosecutor General Gen Admiral Adm Colonel Col Lieutenant Lt Captain
Capt Major Maj Sergeant Sgt Officer Detective Sheriff Commissioner Commander Director Chairman
Chairwoman Chair Speaker Leader Professor Prof Doctor Dr Mr Mrs Ms Miss Sir Lord Dame Lady Pastor
Reverend Rev Bishop Archbishop Cardinal Imam Rabbi Sheikh Ayatollah Coach Manager Former
Ex-President Then-President Acting CEO Correspondent Spokesman Spokeswoman Spokesperson Councillor
Solicitor Actor Actress Singer
""")
#: Titles that may also precede an organisation.
AMBIGUOUS_ROLES = _split("Former Acting Deputy Vice Chief General Major Director")
#: Lower-case occupations and roles directly before a name.
OCCUPATIONS = _split("""
president minister premier chancellor governor mayor senator spokesman spokeswoman spokesperson
executive chairman chairwoman chair director secretary ambassador judge prosecutor lawyer attorney
analyst economist author writer journalist reporter actor actress singer rapper comedian musician
coach manager captain goalkeeper striker midfielder defender quarterback player pilot missionary
professor scientist researcher doctor surgeon astronaut engineer founder co-founder billionaire
businessman entrepreneur leader commander officer detective suspect son daughter wife husband
brother sister mother father widow candidate nominee rival envoy aide adviser advisor
correspondent boss chief head councillor farmer fisherman skipper curator conductor
""")
#: Verbs after the name of a person.
SPEECH_VERBS = _split("""
said says told added asked wrote writes announced argued insisted warned claimed denied admitted
tweeted posted thanked called pleaded testified resigned married died joked recalled
""")
#: Nouns after the name of an organisation.
ORGANISATION_ROLES = _split("""
spokesman spokeswoman spokesperson officials official executives executive chief boss shares
employees workers staff lawmakers director managers report
""")
RELATIVES = _split(
    "wife husband son daughter brother sister father mother lawyer lawyers family attorney"
)
#: Words in names of organisations.
ORGANISATION_WORDS = _split("""
Ministry Department Dept Agency Authority Administration Bureau Board Commission Committee Council
Court Tribunal Parliament Assembly Senate Congress Party Union Alliance Coalition Front Movement
League Federation Association Society Institute Institution Foundation Fund Trust Bank Group
Holdings Company Co Corp Corporation Inc Ltd LLC PLC Industries Systems Technologies Motors
Airlines Airways Energy Water Transit Railways Rail Gas Power Media News Times Post Journal Herald
Tribune Gazette Guardian Telegraph Mirror Network Television Radio Press Police Army Navy Force
Forces Guard Guards Corps Marines Brigade Service Services University College School Academy
Hospital Clinic Church FC United Athletic Rovers Wanderers Albion Rangers Celtic Club Team Museum
Gallery Theatre Orchestra Center Centre Laboratory Labs Organization Organisation International
Watch Treasury Government Cabinet Office House Partners Capital Ventures Studios Pictures Records
Airport Ombudsman Inspectorate Regulator Observatory Brotherhood Militia Knicks Lakers Yankees
Dodgers Families
""")
#: Last words of place names.
PLACE_SUFFIXES = _split("""
Street Road Avenue Square Lane Quay Dock Harbour Harbor Bay Beach Coast Island Islands Isle Lake
River Creek Falls Sea Ocean Gulf Strait Channel Canal Dam Reservoir Bridge Tunnel Mountain
Mountains Mount Hill Hills Heights Peak Ridge Valley Gorge Canyon Desert Forest Woods Park Gardens
Province County Region District Oblast State Territory City Town Village Borough Airport Station
Stadium Arena Peninsula Cape Plateau Basin Glacier Volcano Marsh Moor Pass Crossing Corridor
Plains Moss
""")
#: First words of place names.
PLACE_PREFIXES = _split("Lake Mount Mt Fort Port Cape Strait Gulf Isle Camp San Santa")
#: Prepositions before place names.
LOCATIVE_PREPOSITIONS = _split("in near across outside around throughout off")
SETTLEMENTS = _split("city town village suburb island province capital district port county region")
#: Words in names of events, laws, ships, prizes and works.
OTHER = _split("""
Marathon Cup War Act Bill Day Week Month Year Night Morning Prize Award Awards Games Olympics
Olympic Festival Final Finals Series Championship Championships Tournament Open Grand Prix
Election Elections Storm Hurricane Typhoon Cyclone Operation USS HMS Treaty Agreement Accord
Accords Summit Conference Constitution Amendment Bible Quran Christmas Easter Ramadan Eid
Halloween Thanksgiving Ballroom Memorial Monument Movie Show Live Update Updates Quiz Opinion
Analysis Deal Plan Project Line Law Article Chapter Part Phase Round Group Covid Covid-19 Internet
Web Code Earth Moon Mars Sun Monday Tuesday Wednesday Thursday Friday Saturday Sunday January
February March April May June July August September October November December GMT EST EDT ET BST
CEST UTC AI TV DNA CEO GDP MP MPs PM AM Christ God Lord Tour One Olympian Olympians WWI WWII Q&A
LGBTQ SUV UFO VIP PhD Standard Theorem
""")
#: Lower-case words that may occur within a name.
PARTICLES = _split("de da del della di du des la le van von der den ten bin ibn al el dos y e")
#: First words of names that may continue with "of ...", and then with "and ...".
NAME_HEADS = _split("""
Ministry Department Agency Bank University Church House Court Board Bureau Institute Museum
College Academy Council Union Association Federation Gulf Strait Bay Isle Republic Cape Port Sea
Office Organization Organisation Society Battle King Queen Prince Princess Duke Duchess Lake Mount
City League Knights
""")
