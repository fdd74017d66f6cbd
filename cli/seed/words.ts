/** A company's name is a word of each list, the first two written as one. */
export const companyWords = {
  first: words(`
    Alder Amber Anchor Arbor Aspen Atlas Aurora Beacon Birch Blue Boreal Bright Cedar Cinder Clear Cobalt Copper
    Coral Crest Crown Delta Drift Dune Eagle Ember Evergreen Falcon Fern First Flint Forge Garnet Glacier Golden
    Granite Green Harbor Hazel Heron High Horizon Indigo Iron Ivory Jade Juniper Keystone Lark Laurel Linden Lumen
    Maple Marble Meridian Mesa Mill Moss Noble North Oak Ocean Onyx Opal Orchard Osprey Pearl Pine Pioneer Prairie
    Quartz Raven Red Ridge River Rowan Sable Sequoia Silver Slate Solar Spruce Sterling Summit Willow`),
  second: words(`
    bank bay bell bridge brook bury cliff cove crest dale field ford forge gate glen grove haven hill hollow house
    lake land leaf light line loom mark mead mill moor path peak point pool port reach rock root shore spring stead
    stone stream tide vale view ward way wick wood works yard`),
  last: ['', 'Group', 'Labs', 'Systems', 'Partners', 'Industries', 'Holdings', 'Networks'],
};

/** Given and family names as they are met together; not all of anywhere bears them. */
export const personNames = {
  english: {
    given: words(`
      Ada Adam Alice Amelia Arthur Ben Beth Callum Chloe Clara Daniel David Edith Eleanor Emma Ethan Eva Finn Grace
      Hannah Henry Ian Isla Jack James Jane Joseph Julia Kate Laura Leo Liam Lucy Mark Martha Maya Michael Nathan
      Nora Oliver Oscar Owen Paul Rachel Robert Rose Ruby Ruth Samuel Sarah Simon Sophie Stella Thomas Victor Zoe`),
    family: words(`
      Abbott Adams Archer Bailey Baker Barnes Bennett Bishop Brooks Carter Chapman Clarke Cole Cooper Dawson Dixon
      Ellis Evans Fisher Fletcher Foster Gibson Grant Gray Hall Harper Harris Hayes Hughes Hunt Jenkins Kelly Knight
      Lawson Lewis Marsh Mason Miller Mitchell Morgan Murray Nash Palmer Parker Pearce Porter Price Reed Reid
      Reynolds Roberts Rose Shaw Spencer Stone Turner Walker Walsh Ward Webb West White Wood Wright Young`),
  },
  german: {
    given: words(`
      Anja Anke Bernd Birgit Carla Christian Dieter Elke Emil Felix Frieda Georg Greta Hanna Heike Jan Jonas Jürgen
      Karin Katrin Klaus Lars Lena Lukas Marie Markus Max Mia Nele Niklas Petra Ralf Sabine Silke Stefan Sven Ute`),
    family: words(`
      Arnold Bauer Becker Berger Böhm Brandt Busch Dietrich Fischer Franke Friedrich Graf Günther Haas Hahn Hartmann
      Hofmann Huber Jäger Kaiser Keller Koch Köhler Krause Krüger Kuhn Lang Lehmann Lorenz Ludwig Maier Möller Otto
      Peters Pohl Roth Sauer Schäfer Schreiber Seidel Simon Sommer Vogel Wagner Weber Winkler Wolf Ziegler`),
  },
  french: {
    given: words(`
      Adèle Agathe Alain Antoine Aurélie Bastien Camille Céline Chloé Claire Denis Élise Émile Fabien Florence Gilles
      Hélène Hugo Inès Jean Jérôme Julie Laurent Léa Louis Luc Manon Margaux Mathieu Nicolas Noémie Pascal Pierre
      Rémi Sandrine Sylvie Théo Valérie Yves`),
    family: words(`
      Aubert Barbier Benoît Bertrand Blanc Bonnet Bouvier Boyer Brun Caron Chevalier Colin Collet Denis Dufour Dumas
      Dupuis Fabre Faure Fontaine Fournier Gaillard Garnier Gautier Girard Guérin Lacroix Lambert Leclerc Lefèvre
      Lemaire Marchand Masson Mercier Meunier Moreau Noël Perrin Picard Renard Rivière Rousseau Vidal`),
  },
  iberian: {
    given: words(`
      Alba Alejandro Ana Andrés Antonio Beatriz Bruno Carlos Carmen Catarina Clara Diego Elena Fernando Francisco
      Gabriel Inês Irene Isabel Javier João José Laura Lucía Luís Manuel Marcos María Marta Mateo Miguel Nuria Pablo
      Paula Pedro Rafael Raquel Rosa Rui Sara Sofia Teresa Tiago Tomás`),
    family: words(`
      Alonso Álvarez Araújo Barbosa Blanco Cabrera Campos Cardoso Carvalho Castro Cortés Costa Cruz Díaz Domínguez
      Ferreira Fuentes Gil Gómez Guerrero Herrera Iglesias Lima Lopes Marín Martins Medina Mendes Molina Moreno Nunes
      Ortega Ortiz Pereira Pinto Ramos Ribeiro Rocha Romero Rubio Santos Serrano Silva Torres Vargas Vega Vieira`),
  },
  italian: {
    given: words(`
      Alberto Alessia Andrea Anna Bianca Carlo Caterina Chiara Cristina Dario Elisa Enrico Fabio Federica Filippo
      Francesca Giada Giorgio Giulia Ilaria Lorenzo Luca Lucia Marco Marta Matteo Michela Nicola Paolo Pietro Riccardo
      Sara Serena Silvia Stefano Valentina`),
    family: words(`
      Amato Barbieri Basile Bellini Benedetti Bianchi Bruno Caruso Colombo Conti Costa Esposito Fabbri Ferrara Ferri
      Fontana Galli Gatti Gentile Giordano Greco Leone Lombardi Longo Mancini Marchetti Mariani Marini Martini Moretti
      Neri Orlando Pellegrini Riva Rizzo Romano Rossetti Sala Santoro Serra Testa Villa Vitale`),
  },
  japanese: {
    given: words(`
      Aiko Akira Asami Aya Daiki Emi Haruka Haruto Hiroshi Kana Kaori Kazuki Kei Kenji Mai Makoto Mana Mariko Megumi
      Naoki Natsuki Ren Rina Ryo Sakura Satoshi Shin Shiori Sota Takashi Takumi Yui Yuki Yumi Yuto`),
    family: words(`
      Abe Aoki Arai Endo Fujii Fujita Fukuda Goto Hara Hasegawa Hashimoto Hayashi Ikeda Inoue Ishida Ishikawa Ito Kato
      Kimura Kondo Maeda Matsui Mori Murakami Nakajima Nishimura Ogawa Okada Ono Ota Sakai Sasaki Shimizu Sugiyama
      Takagi Takeda Tanaka Ueda Wada Watanabe Yamada Yamaguchi Yoshida`),
  },
  indian: {
    given: words(`
      Aarav Aditi Ajay Amit Ananya Anil Anjali Arjun Asha Deepa Dev Divya Gaurav Isha Kavita Kiran Lakshmi Manish Meera
      Neha Nikhil Nisha Pooja Pradeep Priya Rahul Raj Ravi Rohan Sanjay Shreya Sunita Suresh Tara Uma Vijay Vikram`),
    family: words(`
      Agarwal Bhat Bose Chandra Chopra Das Desai Dutta Gandhi Ghosh Gupta Iyer Jain Joshi Kapoor Kaur Khanna Kulkarni
      Kumar Mehta Menon Mishra Mukherjee Nair Pandey Patel Pillai Rao Reddy Roy Saxena Sen Shah Sharma Singh Sinha
      Thakur Varma Verma`),
  },
} as const;

export type NameStyle = keyof typeof personNames;

export const industries = [
  'software',
  'manufacturing',
  'retail',
  'financial services',
  'healthcare',
  'logistics',
  'education',
  'media',
  'energy',
  'hospitality',
  'construction',
  'telecommunications',
] as const;

/** Titles by seniority; the first of a department is who leads it. */
export const titles = [
  ['Chief Marketing Officer', 'VP Marketing', 'Marketing Manager', 'Marketing Specialist'],
  ['Chief Information Officer', 'VP Engineering', 'IT Manager', 'Systems Administrator'],
  ['Chief Financial Officer', 'VP Finance', 'Finance Manager', 'Controller'],
  ['Chief Operating Officer', 'VP Operations', 'Operations Manager', 'Operations Analyst'],
  ['Chief Revenue Officer', 'VP Sales', 'Sales Manager', 'Account Executive'],
] as const;

/** What is sold, with its list price in US dollars. */
export const products = [
  { name: 'Starter', price: 2_400 },
  { name: 'Team', price: 12_000 },
  { name: 'Business', price: 48_000 },
  { name: 'Enterprise', price: 180_000 },
  { name: 'Insights add-on', price: 9_000 },
  { name: 'Onboarding', price: 6_500 },
] as const;

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}
