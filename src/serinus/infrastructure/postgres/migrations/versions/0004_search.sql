-- Part of the first release: there is no installation yet whose writes this could hold up.
-- squawk-ignore-file require-concurrent-index-creation

-- What can be searched: a row for every post that is published and every user who is active. The
-- database keeps it itself, within the transaction that writes, so that it is right whoever writes.
--
-- Neither PostgreSQL's own parser nor lower() is used: what they make of a character outside ASCII
-- depends on the locale of the database, and on the operating system.

-- NFKC, lower case by character, without what is not seen: a text in the form that is compared.
-- Needs no other function of ours, because restoring an index on it runs without a search path.
CREATE FUNCTION search_fold(given text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text COLLATE "C" := given;
    -- Soft hyphens, zero-width and directional marks, variation selectors.
    unseen CONSTANT text := '[\u00ad\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]';
BEGIN
    IF folded ~ unseen THEN
        folded := regexp_replace(folded, unseen, '', 'g');
    END IF;
    folded := lower(normalize(folded, NFKC) COLLATE "C"); -- of ASCII
    -- translate() compares each character with each of its letters: rare ones are kept apart.
    IF folded ~ '[\u00c0-\u00d6\u00d8-\u00de\u0100-\u02ff]' THEN -- Latin
        folded := translate(folded,
            'ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĴĶĹĻĽŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨ'
            'ŪŬŮŰŲŴŶŸŹŻŽƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢƤƦƧƩƬƮƯƱƲƳƵƷƸƼǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐ'
            'ȒȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻȽȾɁɃɄɅɆɈɊɌɎ',
            'àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįiĵķĺļľłńņňŋōŏőœŕŗřśŝşšţťŧũ'
            'ūŭůűųŵŷÿźżžɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵơƣƥʀƨʃƭʈưʊʋƴƶʒƹƽǎǐǒǔǖǘǚǜǟǡǣǥǧǩǫǭǯǵƕƿǹǻǽǿȁȃȅȇȉȋȍȏȑ'
            'ȓȕȗșțȝȟƞȣȥȧȩȫȭȯȱȳⱥȼƚⱦɂƀʉʌɇɉɋɍɏ');
    END IF;
    IF folded ~ '[\u0370-\u0556]' THEN -- Greek, Cyrillic, Armenian; the final sigma is a sigma
        folded := translate(folded,
            'ͰͲͶͿΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫϏϘϚϜϞϠϢϤϦϨϪϬϮϷϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИ'
            'ЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘ'
            'ӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕ'
            'Ֆς',
            'ͱͳͷϳάέήίόύώαβγδεζηθικλμνξοπρστυφχψωϊϋϗϙϛϝϟϡϣϥϧϩϫϭϯϸϻͻͼͽѐёђѓєѕіїјљњћќѝўџабвгдежзи'
            'йклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӂӄӆӈӊӌӎӑӓӕӗә'
            'ӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯաբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօ'
            'ֆσ');
    END IF;
    IF folded ~ '[\u10a0-\u10ff\u13a0-\u13ff\u1c90-\u1cbf\u1e00-\u1fff\u2132\u2183\u2c00-\u2cff]'
        OR folded ~ '[\ua640-\ua7ff\U00010400-\U0001e943]'
    THEN
        folded := translate(folded,
            'ႠႡႢႣႤႥႦႧႨႩႪႫႬႭႮႯႰႱႲႳႴႵႶႷႸႹႺႻႼႽႾႿჀჁჂჃჄჅჇჍᎠᎡᎢᎣᎤᎥᎦᎧᎨᎩᎪᎫᎬᎭᎮᎯᎰᎱᎲᎳᎴᎵᎶᎷᎸᎹᎺᎻᎼᎽᎾᎿᏀᏁᏂᏃᏄᏅᏆᏇ'
            'ᏈᏉᏊᏋᏌᏍᏎᏏᏐᏑᏒᏓᏔᏕᏖᏗᏘᏙᏚᏛᏜᏝᏞᏟᏠᏡᏢᏣᏤᏥᏦᏧᏨᏩᏪᏫᏬᏭᏮᏯᏰᏱᏲᏳᏴᏵᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱ'
            'ᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿḀḂḄḆḈḊḌḎḐḒḔḖḘḚḜḞḠḢḤḦḨḪḬḮḰḲḴḶḸḺḼḾṀṂṄṆṈṊṌṎṐṒṔṖṘṚṜṞṠṢṤṦṨṪṬṮṰṲṴṶṸṺṼṾẀẂẄẆ'
            'ẈẊẌẎẐẒẔẞẠẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸỺỼỾἈἉἊἋἌἍἎἏἘἙἚἛἜἝἨἩἪἫἬἭἮἯἸἹ'
            'ἺἻἼἽἾἿὈὉὊὋὌὍὙὛὝὟὨὩὪὫὬὭὮὯᾈᾉᾊᾋᾌᾍᾎᾏᾘᾙᾚᾛᾜᾝᾞᾟᾨᾩᾪᾫᾬᾭᾮᾯᾸᾹᾺᾼῈῊῌῘῙῚῨῩῪῬῸῺῼℲↃⰀⰁⰂⰃⰄⰅⰆⰇⰈⰉⰊⰋⰌ'
            'ⰍⰎⰏⰐⰑⰒⰓⰔⰕⰖⰗⰘⰙⰚⰛⰜⰝⰞⰟⰠⰡⰢⰣⰤⰥⰦⰧⰨⰩⰪⰫⰬⰭⰮⰯⱠⱢⱣⱤⱧⱩⱫⱭⱮⱯⱰⱲⱵⱾⱿⲀⲂⲄⲆⲈⲊⲌⲎⲐⲒⲔⲖⲘⲚⲜⲞⲠⲢⲤⲦⲨⲪⲬⲮⲰⲲⲴⲶⲸⲺ'
            'ⲼⲾⳀⳂⳄⳆⳈⳊⳌⳎⳐⳒⳔⳖⳘⳚⳜⳞⳠⳢⳫⳭⳲꙀꙂꙄꙆꙈꙊꙌꙎꙐꙒꙔꙖꙘꙚꙜꙞꙠꙢꙤꙦꙨꙪꙬꚀꚂꚄꚆꚈꚊꚌꚎꚐꚒꚔꚖꚘꚚꜢꜤꜦꜨꜪꜬꜮꜲꜴꜶꜸꜺꜼꜾꝀꝂꝄꝆꝈꝊ'
            'ꝌꝎꝐꝒꝔꝖꝘꝚꝜꝞꝠꝢꝤꝦꝨꝪꝬꝮꝹꝻꝽꝾꞀꞂꞄꞆꞋꞍꞐꞒꞖꞘꞚꞜꞞꞠꞢꞤꞦꞨꞪꞫꞬꞭꞮꞰꞱꞲꞳꞴꞶꞸꞺꞼꞾꟀꟂꟄꟅꟆꟇꟉꟐꟖꟘꟵ𐐀𐐁𐐂𐐃𐐄𐐅𐐆𐐇𐐈𐐉𐐊𐐋𐐌𐐍'
            '𐐎𐐏𐐐𐐑𐐒𐐓𐐔𐐕𐐖𐐗𐐘𐐙𐐚𐐛𐐜𐐝𐐞𐐟𐐠𐐡𐐢𐐣𐐤𐐥𐐦𐐧𐒰𐒱𐒲𐒳𐒴𐒵𐒶𐒷𐒸𐒹𐒺𐒻𐒼𐒽𐒾𐒿𐓀𐓁𐓂𐓃𐓄𐓅𐓆𐓇𐓈𐓉𐓊𐓋𐓌𐓍𐓎𐓏𐓐𐓑𐓒𐓓𐕰𐕱𐕲𐕳𐕴𐕵𐕶𐕷𐕸𐕹𐕺𐕼𐕽𐕾𐕿𐖀𐖁𐖂'
            '𐖃𐖄𐖅𐖆𐖇𐖈𐖉𐖊𐖌𐖍𐖎𐖏𐖐𐖑𐖒𐖔𐖕𐲀𐲁𐲂𐲃𐲄𐲅𐲆𐲇𐲈𐲉𐲊𐲋𐲌𐲍𐲎𐲏𐲐𐲑𐲒𐲓𐲔𐲕𐲖𐲗𐲘𐲙𐲚𐲛𐲜𐲝𐲞𐲟𐲠𐲡𐲢𐲣𐲤𐲥𐲦𐲧𐲨𐲩𐲪𐲫𐲬𐲭𐲮𐲯𐲰𐲱𐲲𑢠𑢡𑢢𑢣𑢤𑢥𑢦𑢧𑢨𑢩𑢪𑢫'
            '𑢬𑢭𑢮𑢯𑢰𑢱𑢲𑢳𑢴𑢵𑢶𑢷𑢸𑢹𑢺𑢻𑢼𑢽𑢾𑢿𖹀𖹁𖹂𖹃𖹄𖹅𖹆𖹇𖹈𖹉𖹊𖹋𖹌𖹍𖹎𖹏𖹐𖹑𖹒𖹓𖹔𖹕𖹖𖹗𖹘𖹙𖹚𖹛𖹜𖹝𖹞𖹟𞤀𞤁𞤂𞤃𞤄𞤅𞤆𞤇𞤈𞤉𞤊𞤋𞤌𞤍𞤎𞤏𞤐𞤑𞤒𞤓𞤔𞤕𞤖𞤗𞤘𞤙𞤚𞤛'
            '𞤜𞤝𞤞𞤟𞤠𞤡',
            'ⴀⴁⴂⴃⴄⴅⴆⴇⴈⴉⴊⴋⴌⴍⴎⴏⴐⴑⴒⴓⴔⴕⴖⴗⴘⴙⴚⴛⴜⴝⴞⴟⴠⴡⴢⴣⴤⴥⴧⴭꭰꭱꭲꭳꭴꭵꭶꭷꭸꭹꭺꭻꭼꭽꭾꭿꮀꮁꮂꮃꮄꮅꮆꮇꮈꮉꮊꮋꮌꮍꮎꮏꮐꮑꮒꮓꮔꮕꮖꮗ'
            'ꮘꮙꮚꮛꮜꮝꮞꮟꮠꮡꮢꮣꮤꮥꮦꮧꮨꮩꮪꮫꮬꮭꮮꮯꮰꮱꮲꮳꮴꮵꮶꮷꮸꮹꮺꮻꮼꮽꮾꮿᏸᏹᏺᏻᏼᏽაბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱ'
            'ჲჳჴჵჶჷჸჹჺჽჾჿḁḃḅḇḉḋḍḏḑḓḕḗḙḛḝḟḡḣḥḧḩḫḭḯḱḳḵḷḹḻḽḿṁṃṅṇṉṋṍṏṑṓṕṗṙṛṝṟṡṣṥṧṩṫṭṯṱṳṵṷṹṻṽṿẁẃẅẇ'
            'ẉẋẍẏẑẓẕßạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹỻỽỿἀἁἂἃἄἅἆἇἐἑἒἓἔἕἠἡἢἣἤἥἦἧἰἱ'
            'ἲἳἴἵἶἷὀὁὂὃὄὅὑὓὕὗὠὡὢὣὤὥὦὧᾀᾁᾂᾃᾄᾅᾆᾇᾐᾑᾒᾓᾔᾕᾖᾗᾠᾡᾢᾣᾤᾥᾦᾧᾰᾱὰᾳὲὴῃῐῑὶῠῡὺῥὸὼῳⅎↄⰰⰱⰲⰳⰴⰵⰶⰷⰸⰹⰺⰻⰼ'
            'ⰽⰾⰿⱀⱁⱂⱃⱄⱅⱆⱇⱈⱉⱊⱋⱌⱍⱎⱏⱐⱑⱒⱓⱔⱕⱖⱗⱘⱙⱚⱛⱜⱝⱞⱟⱡɫᵽɽⱨⱪⱬɑɱɐɒⱳⱶȿɀⲁⲃⲅⲇⲉⲋⲍⲏⲑⲓⲕⲗⲙⲛⲝⲟⲡⲣⲥⲧⲩⲫⲭⲯⲱⲳⲵⲷⲹⲻ'
            'ⲽⲿⳁⳃⳅⳇⳉⳋⳍⳏⳑⳓⳕⳗⳙⳛⳝⳟⳡⳣⳬⳮⳳꙁꙃꙅꙇꙉꙋꙍꙏꙑꙓꙕꙗꙙꙛꙝꙟꙡꙣꙥꙧꙩꙫꙭꚁꚃꚅꚇꚉꚋꚍꚏꚑꚓꚕꚗꚙꚛꜣꜥꜧꜩꜫꜭꜯꜳꜵꜷꜹꜻꜽꜿꝁꝃꝅꝇꝉꝋ'
            'ꝍꝏꝑꝓꝕꝗꝙꝛꝝꝟꝡꝣꝥꝧꝩꝫꝭꝯꝺꝼᵹꝿꞁꞃꞅꞇꞌɥꞑꞓꞗꞙꞛꞝꞟꞡꞣꞥꞧꞩɦɜɡɬɪʞʇʝꭓꞵꞷꞹꞻꞽꞿꟁꟃꞔʂᶎꟈꟊꟑꟗꟙꟶ𐐨𐐩𐐪𐐫𐐬𐐭𐐮𐐯𐐰𐐱𐐲𐐳𐐴𐐵'
            '𐐶𐐷𐐸𐐹𐐺𐐻𐐼𐐽𐐾𐐿𐑀𐑁𐑂𐑃𐑄𐑅𐑆𐑇𐑈𐑉𐑊𐑋𐑌𐑍𐑎𐑏𐓘𐓙𐓚𐓛𐓜𐓝𐓞𐓟𐓠𐓡𐓢𐓣𐓤𐓥𐓦𐓧𐓨𐓩𐓪𐓫𐓬𐓭𐓮𐓯𐓰𐓱𐓲𐓳𐓴𐓵𐓶𐓷𐓸𐓹𐓺𐓻𐖗𐖘𐖙𐖚𐖛𐖜𐖝𐖞𐖟𐖠𐖡𐖣𐖤𐖥𐖦𐖧𐖨𐖩'
            '𐖪𐖫𐖬𐖭𐖮𐖯𐖰𐖱𐖳𐖴𐖵𐖶𐖷𐖸𐖹𐖻𐖼𐳀𐳁𐳂𐳃𐳄𐳅𐳆𐳇𐳈𐳉𐳊𐳋𐳌𐳍𐳎𐳏𐳐𐳑𐳒𐳓𐳔𐳕𐳖𐳗𐳘𐳙𐳚𐳛𐳜𐳝𐳞𐳟𐳠𐳡𐳢𐳣𐳤𐳥𐳦𐳧𐳨𐳩𐳪𐳫𐳬𐳭𐳮𐳯𐳰𐳱𐳲𑣀𑣁𑣂𑣃𑣄𑣅𑣆𑣇𑣈𑣉𑣊𑣋'
            '𑣌𑣍𑣎𑣏𑣐𑣑𑣒𑣓𑣔𑣕𑣖𑣗𑣘𑣙𑣚𑣛𑣜𑣝𑣞𑣟𖹠𖹡𖹢𖹣𖹤𖹥𖹦𖹧𖹨𖹩𖹪𖹫𖹬𖹭𖹮𖹯𖹰𖹱𖹲𖹳𖹴𖹵𖹶𖹷𖹸𖹹𖹺𖹻𖹼𖹽𖹾𖹿𞤢𞤣𞤤𞤥𞤦𞤧𞤨𞤩𞤪𞤫𞤬𞤭𞤮𞤯𞤰𞤱𞤲𞤳𞤴𞤵𞤶𞤷𞤸𞤹𞤺𞤻𞤼𞤽'
            '𞤾𞤿𞥀𞥁𞥂𞥃');
    END IF;
    RETURN folded;
END $$;

-- The parts of a folded text that are written without spaces between words, a space between each
-- two: Chinese, Japanese, Korean, Thai, Lao, Burmese, Khmer, Tibetan, Yi; and pictographs.
CREATE FUNCTION search_runs(folded text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(folded COLLATE "C",
        '[^\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u2600-\u27bf'
         '\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c\u3040-\ua4cf\ua960-\ua97f\uac00-\ud7ff'
         '\uf900-\ufaff\uff66-\uffdc\U0001aff0-\U0001b2ff\U0001f000-\U0001faff\U00020000-\U0003ffff]+',
        ' ', 'g'))
$$;

-- The words of the rest, a space between each two. What separates them is listed, so that a word
-- may be of any other script; `+`, `#` and single dots stay.
CREATE FUNCTION search_words(folded text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace(folded COLLATE "C",
        '[\u0001-\u0022\u0024-\u002a\u002c\u002d\u002f\u003a-\u0040\u005b-\u0060\u007b-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf'
         '\u00d7\u00f7\u055a-\u055f\u0589\u05be\u05c0\u05c3\u05f3\u05f4\u060c\u061b\u061f\u066a-\u066d\u06d4\u0964\u0965\u1680'
         '\u2000-\u2bff\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\u303d-\u303f\ue000-\uf8ff\ufe10-\ufe6f\uff00-\uff65\uffe0-\uffff'
         '\u0e01-\u0eff\u0f00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u2600-\u27bf'
         '\u2e80-\u2fdf\u3005-\u3007\u3021-\u302f\u3031-\u303c\u3040-\ua4cf\ua960-\ua97f\uac00-\ud7ff'
         '\uf900-\ufaff\uff66-\uffdc\U0001aff0-\U0001b2ff\U0001f000-\U0001faff\U00020000-\U0003ffff]+|\.{2,}',
        ' ', 'g'))
$$;

-- `c++`, `c#`, `.net`, `node.js` as they are, and not the dot at the end of a sentence.
CREATE FUNCTION search_spelling(word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(word COLLATE "C", '^[+#]+|\.+$', '', 'g')
$$;

-- Lexemes of folded texts. Of a run, each two neighbours, and its last character alone: so two
-- neighbours are found by one lexeme, and one character by all that begin with it. Of the rest,
-- English stems, spellings with symbols in them, and the stop words of the title.
-- Without positions a vector of 100,000 characters stays below its limit of 1 MiB; what the body
-- says more than once has some, and ranks higher for it.
CREATE FUNCTION search_vector(title text, excerpt text, body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN (
        WITH part AS MATERIALIZED (
            SELECT weight, folded, string_to_array(search_runs(folded), NULL) AS signs
              FROM (VALUES ('A', title), ('B', excerpt), ('D', body)) AS given (weight, folded)
             WHERE folded <> ''
        ), word AS MATERIALIZED (
            SELECT weight, left(each, 100) AS word, count(*) AS times
              FROM part, string_to_table(search_words(folded), ' ') AS each
             GROUP BY 1, 2
        ), plain AS (
            SELECT weight, word, times FROM word WHERE word !~ '[+#.]'
             UNION ALL
            SELECT weight, piece, times
              FROM word, string_to_table(translate(word, '+#.', '   '), ' ') AS piece
             WHERE word ~ '[+#.]'
        ), found AS (
            SELECT weight, times,
                   coalesce((ts_lexize('english_stem', word))[1],
                            CASE weight WHEN 'A' THEN word END) AS lexeme
              FROM plain WHERE word <> ''
             UNION ALL
            -- And `c++` for c++11, `example.com` for www.example.com.
            SELECT weight, times, form
              FROM word, search_spelling(word) AS spelling,
                   LATERAL (VALUES (spelling),
                                   (substring(spelling FROM '^([^+#.]+[+#]+)[^+#]')),
                                   (substring(spelling FROM '[^.]\.([^.]+\.[^.]+)$'))
                           ) AS forms (form)
             WHERE word ~ '[+#.]' AND form ~ '[+#.]' AND form ~ '[^+#.]'
             UNION ALL
            SELECT weight, 1, sign || coalesce(nullif(next, ' '), '')
              FROM part, unnest(signs, signs[2:]) AS neighbours (sign, next)
             WHERE sign <> ' '
        ), counted AS (
            SELECT lexeme, weight, sum(times) AS times
              FROM found WHERE lexeme <> '' GROUP BY 1, 2
        )
        SELECT coalesce(string_agg(quote_literal(lexeme) || CASE
                   WHEN weight = 'A' THEN ':1A'
                   WHEN weight = 'B' THEN ':2B'
                   WHEN times = 1 THEN ''
                   WHEN times = 2 THEN ':3,4'
                   ELSE ':3,4,5' END, ' '), '')::tsvector
          FROM counted
    );
END $$;

-- What of a document is compared: its lexemes, and the runs in which longer ones are looked for.
CREATE FUNCTION search_terms(
    title text, excerpt text, body text, OUT runs text, OUT vector tsvector
) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    most CONSTANT integer := 100000; -- characters; beyond them a text is not searched
BEGIN
    title := search_fold(title);
    excerpt := search_fold(excerpt);
    body := left(search_fold(left(body, most)), most);
    runs := search_runs(concat_ws(' ', title, excerpt, body));
    vector := search_vector(title, excerpt, body);
END $$;

-- What a query needs: `document.vector @@ matching`, and each of `runs` within `document.runs`.
-- By `ranking` documents are ranked. Without anything to look for all is null, and finds nothing.
CREATE FUNCTION search_query(
    asked text, OUT matching tsquery, OUT ranking tsquery, OUT runs text[]
) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    folded text COLLATE "C" := search_fold(asked);
BEGIN
    WITH run AS MATERIALIZED (
        SELECT run FROM string_to_table(search_runs(folded), ' ') AS run WHERE run <> ''
    ), word AS (
        SELECT spelling AS word, spelling ~ '[+#.]' AS has_symbols
          FROM string_to_table(search_words(folded), ' ') AS given,
               search_spelling(left(given, 100)) AS spelling
         WHERE spelling ~ '[^+#.]'
    ), term AS (
        SELECT quote_literal(substr(run, place, 2)) AS term, length(run) = 1 AS is_prefix,
               false AS is_stop_word
          FROM run, generate_series(1, greatest(length(run) - 1, 1)) AS place
         UNION
        SELECT quote_literal(coalesce(CASE WHEN has_symbols THEN word END, stem[1], word)), false,
               NOT has_symbols AND stem = '{}'
          FROM word, ts_lexize('english_stem', word) AS stem
    ), needed AS (
        -- Stop words are looked for when there is nothing else.
        SELECT term || CASE WHEN is_prefix THEN ':*' ELSE '' END AS term FROM term
         WHERE is_stop_word = (SELECT bool_and(is_stop_word) FROM term)
    )
    SELECT string_agg(term, ' & ')::tsquery, string_agg(term, ' | ')::tsquery,
           -- Each two neighbours may be there, and not one after the other.
           ARRAY(SELECT run FROM run WHERE length(run) > 2)
      INTO matching, ranking, search_query.runs
      FROM needed;
END $$;

-- The beginning of a text, its white space as single spaces.
CREATE FUNCTION search_beginning(content text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    enough integer;
    beginning text;
BEGIN
    -- Mostly it is found near the beginning; not in a text that begins with much white space.
    FOREACH enough IN ARRAY ARRAY[1000, length(content)] LOOP
        beginning := left(ltrim(regexp_replace(left(content, enough) COLLATE "C",
            '[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+',
            ' ', 'g')), 200);
        EXIT WHEN length(beginning) = 200;
    END LOOP;
    RETURN rtrim(beginning);
END $$;

CREATE TABLE search_documents (
    doc_type   text NOT NULL CHECK (doc_type IN ('post', 'user')),
    id         uuid NOT NULL,
    title      text NOT NULL,
    title_key  text NOT NULL,    -- folded; for sorting, and for titles that begin with something
    excerpt    text,
    created_at timestamptz NOT NULL,
    runs       text NOT NULL,
    vector     tsvector NOT NULL,
    PRIMARY KEY (doc_type, id)
);

-- All that belongs there, as it belongs there.
CREATE VIEW search_sources AS
SELECT 'post' AS doc_type, p.id, p.title,
       -- A character can fold to eighteen: an index entry could become too long.
       left(search_fold(p.title), 255) AS title_key,
       coalesce(p.excerpt, search_beginning(p.content)) AS excerpt, p.created_at,
       terms.runs, terms.vector
  FROM posts p, search_terms(p.title, p.excerpt, p.content) AS terms
 WHERE p.status = 'published' AND p.deleted_at IS NULL
 UNION ALL
SELECT 'user', u.id, u.username, left(search_fold(u.username), 255),
       nullif(concat_ws(' ', u.first_name, u.last_name), ''), u.created_at,
       terms.runs, terms.vector
  FROM users u, search_terms(u.username, concat_ws(' ', u.first_name, u.last_name), NULL) AS terms
 WHERE u.is_active;

INSERT INTO search_documents SELECT * FROM search_sources;

CREATE INDEX search_documents_vector ON search_documents USING gin (vector)
    WITH (gin_pending_list_limit = 1024); -- kB: what is pending slows each search down
CREATE INDEX search_documents_title
    ON search_documents (doc_type, title_key COLLATE "C", title COLLATE "C");
CREATE INDEX tags_suggested ON tags (search_fold(name) COLLATE "C", name COLLATE "C")
    WHERE usage_count > 0;

-- Makes the documents of some posts or users what they should be. Whoever calls it has locked
-- these posts or users, by writing them if not otherwise.
CREATE FUNCTION refresh_search_documents(kind text, ids uuid[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_documents d
     WHERE d.doc_type = kind AND d.id = ANY (ids)
       AND NOT CASE kind
           WHEN 'post' THEN EXISTS (SELECT FROM posts p WHERE p.id = d.id
                                       AND p.status = 'published' AND p.deleted_at IS NULL)
           ELSE EXISTS (SELECT FROM users u WHERE u.id = d.id AND u.is_active) END;
    INSERT INTO search_documents AS d
    SELECT * FROM search_sources s WHERE s.doc_type = kind AND s.id = ANY (ids)
    ON CONFLICT (doc_type, id) DO UPDATE
       SET title = excluded.title, title_key = excluded.title_key, excerpt = excluded.excerpt,
           created_at = excluded.created_at, runs = excluded.runs, vector = excluded.vector
     WHERE d IS DISTINCT FROM excluded;
END $$;

CREATE FUNCTION posts_searched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        changed := ARRAY(SELECT id FROM new_rows
                          WHERE status = 'published' AND deleted_at IS NULL);
    WHEN 'DELETE' THEN
        changed := ARRAY(SELECT id FROM old_rows
                          WHERE status = 'published' AND deleted_at IS NULL);
    ELSE
        changed := ARRAY(
            SELECT id FROM (SELECT *, status = 'published' AND deleted_at IS NULL AS shown
                              FROM old_rows) o
              FULL JOIN (SELECT *, status = 'published' AND deleted_at IS NULL AS shown
                           FROM new_rows) n USING (id)
             WHERE (o.shown OR n.shown)
               AND (o.shown, o.title, o.excerpt, o.content, o.created_at)
                   IS DISTINCT FROM (n.shown, n.title, n.excerpt, n.content, n.created_at));
    END CASE;
    IF changed <> '{}' THEN
        PERFORM refresh_search_documents('post', changed);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER posts_searched_added AFTER INSERT ON posts
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION posts_searched();
CREATE TRIGGER posts_searched_changed AFTER UPDATE ON posts
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION posts_searched();
CREATE TRIGGER posts_searched_removed AFTER DELETE ON posts
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION posts_searched();

CREATE FUNCTION users_searched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed uuid[];
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        changed := ARRAY(SELECT id FROM new_rows WHERE is_active);
    WHEN 'DELETE' THEN
        changed := ARRAY(SELECT id FROM old_rows WHERE is_active);
    ELSE
        changed := ARRAY(
            SELECT id FROM old_rows o FULL JOIN new_rows n USING (id)
             WHERE (o.is_active OR n.is_active)
               AND (o.is_active, o.username, o.first_name, o.last_name, o.created_at)
                   IS DISTINCT FROM
                   (n.is_active, n.username, n.first_name, n.last_name, n.created_at));
    END CASE;
    IF changed <> '{}' THEN
        PERFORM refresh_search_documents('user', changed);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER users_searched_added AFTER INSERT ON users
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION users_searched();
CREATE TRIGGER users_searched_changed AFTER UPDATE ON users
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION users_searched();
CREATE TRIGGER users_searched_removed AFTER DELETE ON users
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION users_searched();

CREATE FUNCTION search_emptied() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM search_documents WHERE doc_type = TG_ARGV[0];
    RETURN NULL;
END $$;
CREATE TRIGGER posts_searched_emptied AFTER TRUNCATE ON posts
    FOR EACH STATEMENT EXECUTE FUNCTION search_emptied('post');
CREATE TRIGGER users_searched_emptied AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION search_emptied('user');

-- Makes anew some documents of posts or users: those after an id, or the first ones. Gives the id
-- of the last one, to go on after; null when there are no more. Two that do it take turns.
CREATE FUNCTION rebuild_search_documents(kind text, after uuid) RETURNS uuid
LANGUAGE plpgsql AS $$
DECLARE
    source CONSTANT text := CASE kind WHEN 'post' THEN 'posts' ELSE 'users' END;
    size CONSTANT text := CASE kind WHEN 'post' THEN 'octet_length(content)' ELSE '100' END;
    ids uuid[];
    locked uuid[];
    ours integer;
BEGIN
    PERFORM pg_advisory_xact_lock(x'534552494e555302'::bigint); -- "SERINUS", then which of its locks
    -- A hundred or, if they are long, fewer: nobody waits long for any of them.
    EXECUTE format(
        'SELECT array_agg(id ORDER BY id)
           FROM (SELECT id, sum(size) OVER (ORDER BY id) - size AS before
                   FROM (SELECT id, %s AS size FROM %I WHERE $1 IS NULL OR id > $1
                          ORDER BY id LIMIT 100) next) next
          WHERE before < 300000', size, source)
       INTO ids USING after;
    -- The first is waited for while nothing else is held, the others are not waited for: whoever
    -- writes several of them at once is never in a circle with us.
    EXECUTE format('SELECT FROM %I WHERE id = $1 FOR SHARE', source) USING ids[1];
    EXECUTE format(
        'SELECT array_agg(id)
           FROM (SELECT id FROM %I WHERE id = ANY ($1) FOR SHARE SKIP LOCKED) free', source)
       INTO locked USING ids[2:];
    SELECT coalesce(min(place) - 1, cardinality(ids)) INTO ours
      FROM unnest(ids) WITH ORDINALITY AS next (id, place)
     WHERE place > 1 AND id <> ALL (coalesce(locked, '{}'));
    PERFORM refresh_search_documents(kind, ids[:ours]);
    EXECUTE format(
        'DELETE FROM search_documents d
          WHERE doc_type = $1 AND ($2 IS NULL OR id > $2) AND ($3 IS NULL OR id <= $3)
            AND NOT EXISTS (SELECT FROM %I s WHERE s.id = d.id)', source)
      USING kind, after, ids[ours];
    RETURN ids[ours];
END $$;
