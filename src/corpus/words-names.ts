import { list } from './words.ts';

/** Common given names, surnames and cities in free combination: no person is meant. */
export const givenNames = list(`
James, Mary, John, Anna, David, Sarah, Michael, Laura, Robert, Emma, Daniel, Julia, Thomas, Maria, Paul,
Helen, Peter, Alice, Mark, Kate, George, Grace, Simon, Lucy, Andrew, Rachel, Stephen, Claire, Kevin, Diane,
Brian, Nina, Frank, Rosa, Henry, Ellen, Oscar, Irene, Victor, Marta, Hugo, Clara, Leo, Nora, Max, Ida,
Felix, Vera, Bruno, Elsa, Ivan, Olga, Igor, Tanya, Boris, Sonia, Anton, Lena, Karl, Greta, Otto, Heidi,
Lars, Astrid, Erik, Ingrid, Nils, Sigrid, Jonas, Freya, Luca, Giulia, Marco, Chiara, Paolo, Bianca, Diego,
Carmen, Pablo, Lucia, Carlos, Elena, Jorge, Pilar, Mateo, Ines, Rafael, Beatriz, Joao, Fernanda, Pedro,
Camila, Andre, Sylvie, Claude, Colette, Marcel, Odile, Pierre, Margot, Ahmed, Fatima, Omar, Leila, Karim,
Yasmin, Hassan, Amina, Ravi, Priya, Arjun, Meera, Sanjay, Anjali, Vikram, Deepa, Kenji, Yuki, Haruto,
Sakura, Takeshi, Naoko, Wei, Mei, Jun, Ling, Min, Hana, Kwame, Ama, Chidi, Ngozi, Sipho, Thandi, Kofi, Zola,
Declan, Aoife, Rory, Niamh, Callum, Fiona, Angus, Isla, Dylan, Megan, Owen, Bronwen, Walter, Agnes, Harold,
Mabel, Ernest, Edith`);

export const surnames = list(`
Smith, Jones, Miller, Brown, Taylor, Wilson, Moore, Clark, Hall, Young, King, Wright, Hill, Scott, Green,
Baker, Carter, Turner, Parker, Collins, Stewart, Morris, Rogers, Reed, Cook, Morgan, Bell, Murphy, Bailey,
Cooper, Richardson, Cox, Howard, Ward, Peterson, Gray, Watson, Brooks, Kelly, Sanders, Price, Bennett, Wood,
Barnes, Ross, Henderson, Coleman, Jenkins, Perry, Powell, Long, Hughes, Butler, Foster, Simmons, Bryant,
Russell, Griffin, Hayes, Myers, Ford, Hamilton, Graham, Sullivan, Wallace, Woods, Cole, West, Owens,
Reynolds, Fisher, Ellis, Harrison, Gibson, McDonald, Cruz, Marshall, Ortiz, Gomez, Murray, Freeman, Wells,
Webb, Simpson, Stevens, Tucker, Porter, Hunter, Hicks, Crawford, Boyd, Mason, Morales, Kennedy, Warren,
Dixon, Ramos, Reyes, Burns, Gordon, Shaw, Holmes, Rice, Robertson, Hunt, Daniels, Palmer, Mills, Nichols,
Grant, Knight, Ferguson, Stone, Dunn, Perkins, Hudson, Spencer, Gardner, Payne, Pierce, Berry, Arnold,
Wagner, Willis, Ray, Watkins, Olson, Carroll, Duncan, Snyder, Hart, Cunningham, Bradley, Lane, Andrews,
Ruiz, Harper, Fox, Riley, Armstrong, Carpenter, Weaver, Greene, Lawrence, Elliott, Chavez, Sims, Austin,
Peters, Kelley, Franklin, Lindgren, Okafor, Petrov, Novak, Kowalski, Horvath, Schneider, Fischer, Weber,
Hoffmann, Becker, Keller, Vogel, Brandt, Larsen, Hansen, Nilsson, Virtanen, Korhonen, Rossi, Bianchi, Ricci,
Moretti, Gallo, Dubois, Laurent, Moreau, Girard, Fontaine, Silva, Santos, Costa, Pereira, Almeida, Tanaka,
Suzuki, Yamamoto, Nakamura, Kobayashi, Kim, Park, Choi, Nguyen, Tran, Chen, Wang, Zhang, Liu, Huang, Sharma,
Patel, Gupta, Mehta, Banerjee, Khan, Hussain, Rahman, Haddad, Mansour, Abdi, Mensah, Diallo, Traore, Mbeki,
Dlamini, O'Brien, O'Connor, Gallagher, Doyle, Byrne, MacLeod, Campbell, Sinclair`);

export const cities = list(`
London, Paris, New York, Chicago, Berlin, Rome, Tokyo, Boston, Dublin, Madrid, Vienna, Lisbon, Prague,
Sydney, Toronto, Seattle, Denver, Austin, Portland, Montreal, Glasgow, Manchester, Liverpool, Edinburgh,
Bristol, Cardiff, Belfast, Oslo, Stockholm, Copenhagen, Helsinki, Amsterdam, Brussels, Munich, Hamburg,
Cologne, Zurich, Geneva, Milan, Naples, Venice, Florence, Turin, Athens, Istanbul, Cairo, Nairobi, Lagos,
Accra, Mumbai, Delhi, Kolkata, Chennai, Bangkok, Hanoi, Seoul, Osaka, Kyoto, Beijing, Shanghai, Singapore,
Manila, Jakarta, Melbourne, Auckland, Lima, Bogota, Santiago, Quito, Havana, Buenos Aires, Montevideo,
Mexico City, Phoenix, Detroit, Memphis, Nashville, Atlanta, Miami, Houston, Dallas, Minneapolis, Cleveland,
Pittsburgh, Philadelphia, Baltimore, Warsaw, Krakow, Budapest, Bucharest, Sofia, Belgrade, Zagreb, Riga,
Tallinn, Vilnius, Reykjavik, Bergen, Gothenburg, Aarhus, Tampere, Ghent, Bruges, Antwerp, Porto, Seville,
Valencia, Barcelona, Bilbao, Marseille, Lyon, Bordeaux, Toulouse, Nice, Strasbourg, Salzburg, Innsbruck,
Bratislava, Ljubljana`);

export const months = list(
  `January, February, March, April, May, June, July, August, September, October, November, December`,
);
export const weekdays = list('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday');
