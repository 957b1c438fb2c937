import { list } from './words.ts';
import type { Topic } from './topic.ts';

export const film: Topic = {
  things: list(`
    film, movie, comedy, drama, picture, thriller, documentary, romance, sequel, remake, debut, adaptation,
    satire, western, musical, biopic, fable, farce, melodrama, caper, feature, short, prequel, tearjerker,
    blockbuster`),
  aspects: list(`
    story, plot, script, acting, cast, direction, dialogue, ending, music, camera work, screenplay, pacing,
    cinematography, editing, soundtrack, score, premise, narrative, humour, tone, opening scene,
    second half, first act, final reel, setting, casting, lighting, voice-over, production design,
    costume design, sound design, finale, love story, car chase, animation, twist, framing, colour palette,
    subplot, running time, trailer, title sequence`),
  parts: list(`
    characters, performances, scenes, jokes, actors, special effects, dialogues, costumes, visuals, songs,
    leads, action scenes, fight scenes, supporting players, one-liners, images, sets, locations, flashbacks,
    close-ups, stunts, monologues, subtitles, gags, set pieces, dance numbers, love scenes, villains,
    cameos, end credits`),
  people: list(`
    director, lead, actor, actress, star, screenwriter, filmmaker, producer, hero, heroine, villain,
    narrator, cinematographer, editor, composer, leading man, leading lady, supporting cast, newcomer,
    ensemble, sidekick`),
  kinds: list(`
    romantic, horror, action, family, war, crime, teen, independent, black, coming-of-age, road,
    science-fiction, period, sports, spy, courtroom, disaster, martial-arts, superhero, zombie, heist,
    buddy, slasher, erotic, gangster, historical, psychological, political, mystery, fantasy, animated,
    silent, black-and-white, low-budget, Hollywood`),
  done: list(`
    acted, directed, shot, edited, cast, filmed, photographed, scripted, scored, animated, staged, lit,
    performed`),
  used: list(`
    watched, saw, rented, caught, sat through, finished, streamed, walked out of, rewatched, recommended`),
  told: true,
};

export const series: Topic = {
  things: list(`
    series, show, sitcom, season, episode, pilot, soap, miniseries, reboot, spin-off, reality show,
    talk show`),
  aspects: list(`
    writing, story, acting, pilot, finale, first season, last episode, plot, cliffhanger, theme song,
    chemistry, casting, humour, pacing, production, laugh track, dialogue, new season, setting, subplot,
    character development`),
  parts: list(`
    characters, episodes, storylines, jokes, performances, actors, seasons, twists, scripts, guest stars,
    sets, dialogues, relationships, contestants, judges, hosts, costumes, locations, villains, running gags`),
  people: list(`
    showrunner, host, lead, writer, star, presenter, narrator, detective, leading actress, creator, network`),
  kinds: list(`
    crime, comedy, hospital, police, period, teen, fantasy, cooking, science-fiction, family, late-night,
    legal`),
  done: list('acted, cast, plotted, directed, shot, scripted, edited, filmed'),
  used: list('watched, binged, started, finished, gave up on, rewatched, streamed, recommended, followed'),
  told: true,
};

export const book: Topic = {
  things: list(`
    book, novel, memoir, biography, thriller, collection, story, guide, cookbook, debut, textbook, essay,
    anthology, comic, graphic novel, novella, audiobook, sequel, trilogy, handbook, travelogue, poem`),
  aspects: list(`
    writing, plot, prose, story, ending, pacing, style, voice, premise, research, first chapter,
    last chapter, translation, cover, narrator, introduction, index, world-building, tone, setting,
    structure, language, middle section`),
  parts: list(`
    characters, chapters, descriptions, pages, dialogues, recipes, illustrations, examples, arguments,
    details, ideas, footnotes, metaphors, sentences, twists, themes, exercises, maps, essays, stories,
    poems, sources`),
  people: list(`
    author, writer, narrator, heroine, hero, translator, editor, publisher, protagonist, illustrator,
    biographer`),
  kinds: list(`
    crime, historical, fantasy, children's, travel, science-fiction, mystery, romance, cookery, self-help,
    business, young-adult, spy, literary, horror, political, philosophical, epistolary, gothic, detective`),
  done: list(`
    written, plotted, researched, translated, edited, narrated, argued, illustrated, told, printed, bound`),
  used: list(`
    read, finished, bought, reread, borrowed, put down, devoured, skimmed, started, recommended, listened to`),
  told: true,
};

export const music: Topic = {
  things: list(`
    album, song, record, concert, single, track, mixtape, EP, soundtrack, gig, festival, ballad, tune,
    cover, remix, symphony, opera, live set, playlist, music video, comeback, encore`),
  aspects: list(`
    sound, voice, production, melody, chorus, bass, beat, guitar work, songwriting, mixing, opening track,
    title track, rhythm section, drumming, piano, crowd, set list, artwork, arrangement, tempo, bridge,
    sound quality, live version`),
  parts: list(`
    lyrics, vocals, songs, tracks, harmonies, beats, hooks, riffs, drums, strings, horns, solos, verses,
    choruses, melodies, guitars, samples, synthesizers, backing vocals, arrangements, B-sides, interludes`),
  people: list(`
    singer, band, drummer, guitarist, rapper, producer, orchestra, bassist, conductor, songwriter, pianist,
    DJ, choir`),
  kinds: list(`
    jazz, pop, rock, folk, country, live, acoustic, hip-hop, electronic, punk, soul, blues, metal, indie,
    classical, disco`),
  done: list('sung, played, produced, mixed, recorded, arranged, performed, composed, mastered, sequenced'),
  used: list('heard, bought, listened to, streamed, played, discovered, skipped, replayed, went to, missed'),
};

export const game: Topic = {
  things: list(`
    game, sequel, shooter, puzzle game, remaster, demo, expansion, platformer, simulator, board game, port,
    prequel`),
  aspects: list(`
    story, gameplay, combat, soundtrack, multiplayer, campaign, level design, art style, tutorial,
    difficulty, map, frame rate, voice acting, ending, crafting, matchmaking, inventory, camera,
    physics engine, final boss, open world, lore`),
  parts: list(`
    graphics, controls, characters, levels, missions, puzzles, weapons, servers, bosses, updates,
    loading times, menus, side quests, cutscenes, enemies, achievements, animations, environments, rules,
    cards, microtransactions, bugs`),
  people: list(`
    developer, studio, publisher, hero, villain, main character, community, boss, enemy, designer, tester`),
  kinds: list(`
    racing, role-playing, strategy, horror, fighting, indie, mobile, puzzle, adventure, survival, arcade,
    co-op`),
  done: list('designed, optimized, animated, coded, ported, voiced, scripted, tested, polished, balanced'),
  used: list(`
    played, bought, finished, tried, preordered, uninstalled, downloaded, replayed, completed, abandoned`),
  told: true,
};

export const stage: Topic = {
  things: list(`
    play, musical, show, exhibition, ballet, production, museum, performance, workshop, lecture, match,
    tournament, race, party`),
  aspects: list(`
    staging, choreography, music, set, lighting, acting, venue, audience, first half, atmosphere, sound,
    orchestra, second act, final scene, programme, curation, ticket price, organization, defence, midfield,
    opening ceremony, commentary`),
  parts: list(`
    costumes, dancers, actors, seats, paintings, players, tickets, voices, sculptures, speakers, songs,
    rooms, goals, fans`),
  people: list(`
    director, cast, lead, dancer, conductor, curator, speaker, coach, goalkeeper, striker, referee,
    organizer, artist`),
  kinds: list(`
    modern, classical, open-air, student, touring, experimental, charity, sold-out, amateur, interactive,
    annual`),
  done: list('staged, choreographed, performed, organized, curated, lit, rehearsed, sung, directed'),
  used: list('saw, attended, visited, enjoyed, left, booked, missed, watched, sat through, went to'),
  told: true,
};
