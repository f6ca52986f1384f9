"""FREE_MAIL: domains at which anybody can have an address, so that none of them ever stands for a client.

Collected from what the providers themselves offer at registration; editable by `[free_mail]` in the configuration.
"""

_GLOBAL = """
aol.com aim.com att.net bigpond.com bellsouth.net btinternet.com btopenworld.com charter.net comcast.net cox.net
duck.com earthlink.net email.com fastmail.com fastmail.fm frontier.com gmail.com googlemail.com gmx.com gmx.net hey.com
hotmail.com hotmail.co.uk hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.com juno.com
lavabit.com live.ca live.cn live.co.uk live.com live.de live.fr live.it live.nl live.ru mac.com mail.com mailbox.org
mailfence.com me.com msn.com ntlworld.com optonline.net outlook.com outlook.co.id outlook.de outlook.es outlook.fr
outlook.it passport.com pm.me posteo.de posteo.net privaterelay.appleid.com proton.me protonmail.ch protonmail.com
rocketmail.com rogers.com runbox.com sbcglobal.net shaw.ca sky.com startmail.com sympatico.ca talktalk.net tuta.com
tuta.io tutanota.com tutanota.de usa.net verizon.net virginmedia.com windowslive.com yahoo.ca yahoo.co.id yahoo.co.in
yahoo.co.jp yahoo.co.kr yahoo.co.uk yahoo.com yahoo.com.ar yahoo.com.au yahoo.com.br yahoo.com.cn yahoo.com.hk
yahoo.com.mx yahoo.com.sg yahoo.com.tr yahoo.com.tw yahoo.com.vn yahoo.de yahoo.es yahoo.fr yahoo.gr yahoo.ie yahoo.in
yahoo.it yahoo.no yahoo.pl yahoo.ro yahoo.se ymail.com zoho.com zohomail.com zohomail.eu
"""
_RUSSIAN_AND_NEAR = """
bk.ru inbox.ru internet.ru list.ru mail.ru mail.ua xmail.ru ya.ru yandex.by yandex.com yandex.com.tr yandex.kz
yandex.ru yandex.ua yandex.uz narod.ru lenta.ru rambler.ru rambler.ua ro.ru autorambler.ru myrambler.ru hotbox.ru
pochta.ru pisem.net newmail.ru nm.ru nightmail.ru aport.ru e1.ru ngs.ru sibmail.com vk.com mail.kz tut.by ukr.net
i.ua meta.ua bigmir.net email.ua online.ua inbox.lv inbox.lt one.lv mail.ee hot.ee
"""
_EUROPEAN = """
arcor.de email.de freenet.de gmx.at gmx.ch gmx.de gmx.eu gmx.fr kabelmail.de online.de t-online.de web.de vodafone.de
a1.net aon.at chello.at bluewin.ch hispeed.ch sunrise.ch free.fr laposte.net neuf.fr numericable.fr orange.fr sfr.fr
wanadoo.fr alice.it aruba.it email.it fastwebnet.it inwind.it iol.it libero.it tim.it tin.it tiscali.it virgilio.it
gmx.es telefonica.net terra.es ono.com sapo.pt mail.pt clix.pt interia.pl interia.eu o2.pl onet.eu onet.pl op.pl
poczta.fm poczta.onet.pl tlen.pl vp.pl wp.pl home.nl hetnet.nl kpnmail.nl planet.nl upcmail.nl xs4all.nl ziggo.nl
belgacom.be skynet.be telenet.be centrum.cz email.cz post.cz seznam.cz volny.cz azet.sk centrum.sk zoznam.sk
citromail.hu freemail.hu indamail.hu abv.bg dir.bg mail.bg online.no bredband.net spray.se telia.com jubii.dk
mail.dk ofir.dk elisanet.fi luukku.com suomi24.fi otenet.gr walla.co.il walla.com
"""
_ELSEWHERE = """
126.com 139.com 163.com 188.com 189.cn aliyun.com foxmail.com qq.com sina.cn sina.com sohu.com tom.com vip.163.com
vip.qq.com yeah.net daum.net hanmail.net kakao.com nate.com naver.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
nifty.com rediffmail.com indiatimes.com bol.com.br globo.com ig.com.br r7.com terra.com.br uol.com.br
fibertel.com.ar prodigy.net.mx mynet.com superonline.com xtra.co.nz optusnet.com.au iinet.net.au
mweb.co.za webmail.co.za
"""

FREE_MAIL = frozenset((_GLOBAL + _RUSSIAN_AND_NEAR + _EUROPEAN + _ELSEWHERE).split())
