"""Lists of well-known places, organisations, given names and demonyms in English news."""


def _split(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.replace("\n", ",").split(",") if name.strip())


#: Countries, regions and large cities.
PLACES = _split("""
Afghanistan, Albania, Algeria, Angola, Argentina, Armenia, Australia, Austria, Azerbaijan, Bahamas
Bahrain, Bangladesh, Barbados, Belarus, Belgium, Belize, Benin, Bhutan, Bolivia, Bosnia
Bosnia and Herzegovina, Botswana, Brazil, Brunei, Bulgaria, Burkina Faso, Burundi, Cambodia
Cameroon, Canada, Cape Verde, Central African Republic, Chile, China, Colombia, Congo, Costa Rica
Croatia, Cuba, Cyprus, Czechia, Czech Republic, Denmark, Djibouti, Dominican Republic, East Timor
Ecuador, Egypt, El Salvador, Eritrea, Estonia, Eswatini, Ethiopia, Fiji, Finland, France, Gabon
Gambia, Georgia, Germany, Ghana, Greece, Guatemala, Guinea, Guyana, Haiti, Honduras, Hong Kong
Hungary, Iceland, India, Indonesia, Iran, Iraq, Ireland, Israel, Italy, Ivory Coast, Jamaica
Japan, Jordan, Kazakhstan, Kenya, Kosovo, Kuwait, Kyrgyzstan, Laos, Latvia, Lebanon, Lesotho
Liberia, Libya, Liechtenstein, Lithuania, Luxembourg, Madagascar, Malawi, Malaysia, Maldives, Mali
Malta, Mauritania, Mauritius, Mexico, Moldova, Monaco, Mongolia, Montenegro, Morocco, Mozambique
Myanmar, Namibia, Nepal, Netherlands, New Zealand, Nicaragua, Niger, Nigeria, North Korea
North Macedonia, Norway, Oman, Pakistan, Palestine, Panama, Papua New Guinea, Paraguay, Peru
Philippines, Poland, Portugal, Qatar, Romania, Russia, Rwanda, Samoa, Saudi Arabia, Senegal
Serbia, Seychelles, Sierra Leone, Singapore, Slovakia, Slovenia, Solomon Islands, Somalia
South Africa, South Korea, South Sudan, Spain, Sri Lanka, Sudan, Suriname, Sweden, Switzerland
Syria, Taiwan, Tajikistan, Tanzania, Thailand, Togo, Tonga, Trinidad and Tobago, Tunisia, Turkey
Türkiye, Turkmenistan, Uganda, Ukraine, United Arab Emirates, UAE, United Kingdom, UK, U.K.
Britain, England, Scotland, Wales, Northern Ireland, United States, US, U.S., USA, America
Uruguay, Uzbekistan, Vanuatu, Vatican, Venezuela, Vietnam, Yemen, Zambia, Zimbabwe, Africa, Asia
Europe, Antarctica, Latin America, North America, South America, Middle East, Balkans, Caucasus
Caribbean, Scandinavia, Arctic, Siberia, Crimea, Donbas, Gaza, Gaza Strip, West Bank
Golan Heights, Kashmir, Tibet, Xinjiang, Kurdistan, Catalonia, Bavaria, Sicily, Strait of Hormuz
Red Sea, Black Sea, South China Sea, Persian Gulf, Atlantic, Pacific, Mediterranean, Himalayas
Alabama, Alaska, Arizona, Arkansas, California, Colorado, Connecticut, Delaware, Florida, Hawaii
Idaho, Illinois, Indiana, Iowa, Kansas, Kentucky, Louisiana, Maine, Maryland, Massachusetts
Michigan, Minnesota, Mississippi, Missouri, Montana, Nebraska, Nevada, New Hampshire, New Jersey
New Mexico, New York, North Carolina, North Dakota, Ohio, Oklahoma, Oregon, Pennsylvania
Rhode Island, South Carolina, South Dakota, Tennessee, Texas, Utah, Vermont, Virginia, Washington
West Virginia, Wisconsin, Wyoming, Puerto Rico, Ontario, Quebec, Alberta, British Columbia
Queensland, Victoria, New South Wales, Punjab, Kerala, Maharashtra, Gujarat, Abu Dhabi, Abuja
Accra, Addis Ababa, Aleppo, Algiers, Amman, Amsterdam, Ankara, Antakya, Athens, Atlanta, Auckland
Baghdad, Baku, Bangkok, Barcelona, Beijing, Beirut, Belfast, Belgrade, Berlin, Birmingham, Bogota
Bogotá, Boston, Brasilia, Bratislava, Brussels, Bucharest, Budapest, Buenos Aires, Cairo, Canberra
Cape Town, Caracas, Cardiff, Chicago, Copenhagen, Dakar, Dallas, Damascus, Delhi, New Delhi
Denver, Detroit, Dhaka, Doha, Dubai, Dublin, Edinburgh, Frankfurt, Geneva, Glasgow, Haifa, Hamburg
Hanoi, Harare, Havana, Helsinki, Houston, Idlib, Islamabad, Istanbul, Jakarta, Jerusalem
Johannesburg, Kabul, Kampala, Karachi, Kathmandu, Kharkiv, Khartoum, Kiev, Kyiv, Kigali, Kinshasa
Kuala Lumpur, Lagos, Lahore, Las Vegas, Leeds, Lima, Lisbon, Liverpool, London, Los Angeles
Luanda, Lusaka, Lviv, Madrid, Manchester, Manila, Marseille, Melbourne, Memphis, Mexico City
Miami, Milan, Minneapolis, Minsk, Montreal, Moscow, Mumbai, Munich, Nairobi, Naples, New Orleans
Niamey, Nice, Odesa, Oslo, Ottawa, Paris, Perth, Philadelphia, Phoenix, Portland, Prague, Pretoria
Pyongyang, Quito, Rafah, Riga, Rio de Janeiro, Riyadh, Rome, Rotterdam, Saint Petersburg
St. Petersburg, San Diego, San Francisco, Sanaa, Santiago, Sao Paulo, São Paulo, Sarajevo, Seattle
Seoul, Shanghai, Skopje, Sofia, Stockholm, Strasbourg, Sydney, Taipei, Tallinn, Tashkent, Tbilisi
Tehran, Tel Aviv, The Hague, Tokyo, Toronto, Tripoli, Tunis, Vancouver, Vienna, Vilnius, Warsaw
Washington D.C., Washington DC, D.C., DC, NYC, N.Y., N.J., N.C., S.C., Wellington, Yerevan, Zagreb
Zurich
""")

#: Alternative names of a place, merged if a story contains both names.
PLACE_ALIASES = {
    "U.S.": "US", "USA": "US", "United States": "US", "U.K.": "UK", "United Kingdom": "UK",
    "D.C.": "Washington", "DC": "Washington", "Washington D.C.": "Washington",
    "Washington DC": "Washington", "Kiev": "Kyiv", "Türkiye": "Turkey", "New York City": "New York",
    "NYC": "New York", "N.Y.": "New York",
}  # fmt: skip

#: Organisations whose names contain none of the cue words.
ORGANISATIONS = _split("""
White House, Pentagon, Kremlin, Congress, Senate, House of Representatives, Parliament, Bundestag
Knesset, Downing Street, Whitehall, Scotland Yard, Capitol Hill, Supreme Court, Hamas, Hezbollah
Taliban, Islamic State, Red Cross, Red Crescent, United Nations, European Union, African Union
World Bank, International Monetary Fund, Amnesty International, Greenpeace, Human Rights Watch
Interpol, Google, Apple, Microsoft, Meta, Facebook, YouTube, TikTok, Instagram, Twitter, OpenAI
Anthropic, Nvidia, Intel, Samsung, Huawei, Netflix, Disney, Tesla, SpaceX, Boeing, Airbus, Ryanair
Lufthansa, Volkswagen, Toyota, Gazprom, Rosneft, Aramco, Shell, Exxon, Pfizer, Moderna
AstraZeneca, Walmart, Reuters, Bloomberg, Associated Press, Fox News, Sky News, Al Jazeera
Truth Social, ProPublica, Democrats, Republicans, Labour, Conservatives, Tories, Lib Dems
Reform UK, U.N., E.U., N.A.T.O., F.B.I., C.I.A., I.C.E.
""")

#: Given names; a name that starts with one is usually a person.
GIVEN_NAMES = _split("""
Aaron, Abdel, Abdul, Abdullah, Abigail, Abu, Adam, Adrian, Agnes, Ahmad, Ahmed, Alan, Albert
Alejandro, Aleksandr, Alessandro, Alex, Alexander, Alexandra, Alexandria, Alexei, Ali, Alice
Alison, Allan, Allison, Amanda, Amber, Amelia, Amir, Amit, Amy, Ana, Anastasia, Anders, Andre
Andrea, Andreas, Andrei, Andrew, Andriy, Andrés, Andy, Angela, Angus, Anita, Ann, Anna, Anne
Annie, Anthony, Antonio, Antony, Arjun, Arthur, Ashley, Ayatollah, Ayşe, Barack, Barbara, Barry
Bashar, Beatrice, Ben, Benjamin, Bernard, Bernie, Beth, Bill, Billy, Blake, Bob, Bobby, Boris
Brad, Bradley, Brandon, Brendan, Brett, Brian, Brigitte, Bruce, Bruno, Bryan, Caitlin, Cameron
Carl, Carla, Carlos, Carol, Caroline, Cassidy, Catherine, Cathy, Cecilia, Chad, Charles, Charlie
Charlotte, Chloe, Chris, Christian, Christina, Christine, Christopher, Chuck, Claire, Clara
Claudia, Colin, Colm, Connor, Craig, Cristiano, Cynthia, Dan, Daniel, Danny, Dave, David, Deborah
Denis, Dennis, Derek, Diana, Diane, Diego, Dmitry, Dominic, Don, Donald, Donna, Doug, Douglas
Duncan, Dylan, Ed, Eddie, Edward, Edwin, Elena, Elias, Elizabeth, Ella, Ellen, Elon, Emily, Emma
Emmanuel, Eric, Erica, Erik, Erika, Ernest, Esther, Ethan, Eugene, Eva, Evan, Faisal, Farah
Fatima, Felix, Fernando, Fiona, Florence, Frances, Francesca, Francis, Francisco, Frank, François
Fred, Frederick, Friedrich, Gabriel, Gareth, Gary, Gavin, Gavriel, Geoff, George, Gerald, Gerard
Giorgia, Giovanni, Giuseppe, Glen, Gordon, Grace, Graham, Greg, Gregory, Greta, Guy, Hakan, Hannah
Hans, Harold, Harriet, Harry, Hasan, Hassan, Heather, Helen, Henrik, Henry, Hillary, Howard, Hugo
Hulusi, Hussein, Ian, Ibrahim, Igor, Ilhan, Imran, Ingrid, Irene, Isaac, Isabel, Ismail, Ivan
Ivanka, Jack, Jacob, Jair, Jake, James, Jamie, Jan, Jane, Janet, Jared, Jasmine, Jason, Javier
Jay, Jean, Jeff, Jeffrey, Jen, Jennifer, Jenny, Jeremy, Jerome, Jerry, Jesse, Jessica, Jesús, Jill
Jim, Jimmy, Jo, Joan, Joanna, Joe, Joel, Johan, Johannes, John, Johnny, Jon, Jonas, Jonathan
Jorge, Jose, Josef, Joseph, Josh, Joshua, José, Juan, Judith, Julia, Julian, Julie, Justin, Kamala
Karen, Karl, Karoline, Kate, Katherine, Kathleen, Kathy, Katie, Keir, Keith, Kelly, Ken, Kenneth
Kevin, Khaled, Khalid, Kim, Kirill, Kirsten, Klaus, Kristen, Kurt, Kyle, Kylian, Lara, Lars, Laura
Lauren, Laurence, Lawrence, Lee, Leila, Leo, Leon, Leonardo, Leroy, Leslie, Lewis, Liam, Lina
Linda, Lindsey, Lionel, Lisa, Liz, Lloyd, Logan, Lorenzo, Louis, Louise, Luca, Lucas, Lucy, Luigi
Luis, Luke, Lydia, Madeleine, Maggie, Mahmoud, Manuel, Marc, Marco, Marcus, Margaret, Maria, Marie
Marina, Mario, Marjorie, Mark, Marko, Martha, Martin, Mary, Mateusz, Matt, Matteo, Matthew
Maurice, Max, Maxim, Maya, Megan, Meghan, Mehmet, Melania, Melissa, Mette, Mevlut, Mevlüt, Michael
Michel, Michelle, Miguel, Mihail, Mike, Mikhail, Milo, Mitch, Mitt, Mohamed, Mohammad, Mohammed
Moses, Muhammad, Mustafa, Nadia, Nancy, Naomi, Narendra, Natalia, Natalie, Nathan, Neil, Nicholas
Nick, Nicola, Nicolas, Nicole, Nigel, Nikki, Nikolai, Noah, Nora, Norman, Olaf, Oleg, Oliver
Olivia, Omar, Oscar, Owen, Pablo, Pal, Pam, Pamela, Patricia, Patrick, Paul, Paula, Pavel, Pedro
Penny, Pete, Peter, Phil, Philip, Pierre, Piotr, Priya, Rachel, Rafael, Ralph, Ramzan, Rand, Randy
Ray, Raymond, Raúl, Rebecca, Recep, Reza, Ricardo, Richard, Rick, Rishi, Rob, Robert, Roberto
Robin, Rodrigo, Roger, Roland, Roman, Ron, Ronald, Rosa, Rose, Ross, Roy, Ruben, Rupert, Russell
Ruth, Ryan, Salman, Sam, Samantha, Samuel, Sandra, Sara, Sarah, Scott, Sean, Sebastian, Sergei
Sergey, Shane, Shannon, Sharon, Shaun, Sheila, Shirley, Silvia, Simon, Sofia, Sonia, Sophie
Stacey, Stanley, Stefan, Stella, Stephanie, Stephen, Steve, Steven, Stuart, Sunil, Susan, Suzanne
Svetlana, Sylvia, Tamara, Tanya, Tara, Taylor, Ted, Teresa, Terry, Theo, Theresa, Thomas, Tim
Timothy, Tina, Todd, Tom, Tommy, Toni, Tony, Tracy, Trevor, Troy, Tulsi, Tyler, Uhuru, Ursula
Valerie, Vanessa, Vera, Victor, Victoria, Viktor, Vincent, Virginia, Vivek, Vladimir, Volodymyr
Wade, Walter, Wang, Wayne, Wendy, Wes, Will, William, Xavier, Yasmin, Yasser, Yoav, Yusuf, Yvonne
Zachary, Zoe, Zohran
""")

#: Words for nationality, religion or party; these are not entities.
DEMONYMS = _split("""
Afghan, African, Albanian, Algerian, American, Americans, Arab, Arabic, Argentine, Armenian, Asian
Australian, Austrian, Azerbaijani, Bangladeshi, Belarusian, Belgian, Bolivian, Bosnian, Brazilian
British, Briton, Britons, Bulgarian, Cambodian, Canadian, Catholic, Chilean, Chinese, Christian
Christians, Colombian, Conservative, Croatian, Cuban, Cypriot, Czech, Danish, Democrat, Democratic
Dutch, Egyptian, English, Estonian, Ethiopian, European, Europeans, Evangelical, Filipino, Finnish
French, Georgian, German, Germans, Ghanaian, Greek, Haitian, Hindu, Hispanic, Honduran, Hungarian
Icelandic, Indian, Indigenous, Indonesian, Iranian, Iraqi, Irish, Islamic, Islamist, Israeli
Israelis, Italian, Jamaican, Japanese, Jew, Jewish, Jews, Jordanian, Kazakh, Kenyan, Korean
Kosovar, Kurd, Kurdish, Kurds, Kuwaiti, Latin, Latino, Latvian, Lebanese, Liberal, Libyan
Lithuanian, Malaysian, Maltese, Mexican, Moldovan, Mongolian, Moroccan, Mormon, Muslim, Muslims
Nepali, Nazi, Nigerian, Nordic, North Korean, Norwegian, Omani, Orthodox, Pakistani, Palestinian
Palestinians, Peruvian, Polish, Portuguese, Protestant, Qatari, Republican, Romanian, Russian
Russians, Saudi, Scottish, Senegalese, Serb, Serbian, Shia, Sicilian, Sikh, Slovak, Slovenian
Somali, South African, South Korean, Spanish, Sudanese, Sunni, Swedish, Swiss, Syrian, Syrians
Taiwanese, Thai, Tunisian, Turk, Turkish, Turks, Ugandan, Ukrainian, Ukrainians, Uzbek, Venezuelan
Vietnamese, Welsh, Western, Yemeni, Zambian, Zimbabwean
""")
