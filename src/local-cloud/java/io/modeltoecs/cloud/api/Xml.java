package io.modeltoecs.cloud.api;

import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Answers of the query protocol as XML. A list is written as {@code member} elements. */
final class Xml {
    private static final XMLOutputFactory FACTORY = XMLOutputFactory.newDefaultFactory();

    private Xml() {}

    static String document(String root, String namespace, Map<String, ?> content) {
        StringWriter text = new StringWriter();
        try {
            XMLStreamWriter xml = FACTORY.createXMLStreamWriter(text);
            xml.writeStartElement(root);
            xml.writeDefaultNamespace(namespace);
            write(xml, content);
            xml.writeEndElement();
            xml.close();
        } catch (XMLStreamException e) {
            throw new IllegalStateException(e);
        }
        return text.toString();
    }

    private static void write(XMLStreamWriter xml, Object value) throws XMLStreamException {
        if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> e : map.entrySet()) {
                element(xml, e.getKey().toString(), e.getValue());
            }
        } else if (value instanceof List<?> list) {
            for (Object o : list) {
                element(xml, "member", o);
            }
        } else {
            xml.writeCharacters(value.toString());
        }
    }

    private static void element(XMLStreamWriter xml, String name, Object value)
            throws XMLStreamException {
        if (value != null) {
            xml.writeStartElement(name);
            write(xml, value);
            xml.writeEndElement();
        }
    }
}
